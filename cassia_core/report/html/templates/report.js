"use strict";
{% include "report_table.js" %}
{% include "report_page.js" %}
{% include "report_map.js" %}
