"""All CSS of the app. Test ids of Streamlit are no public API: they are named here and nowhere else."""

from __future__ import annotations

from cassia_core.look.palette import INTERFACE, Theme, css_variables

_RULES = """
[data-testid="stMainBlockContainer"]{max-width:1280px;padding:1.75rem 40px 3rem}
[data-testid="stHeading"] h1{padding:.2rem 0 .1rem;letter-spacing:-.01em}
[data-testid="stHeading"] h2,[data-testid="stHeading"] h3{padding:.2rem 0 .1rem}
[data-testid="stSidebarContent"]{display:flex;flex-direction:column}
[data-testid="stSidebarUserContent"]{margin-top:auto;padding-bottom:1.2rem}
[data-testid="stNavSectionHeader"]{opacity:.85}
[data-testid="stChatMessage"]{padding:.35rem .25rem;background:transparent}
.stMain [class*="st-key-problem_ask"]{background:var(--cw-ask);border-color:var(--cw-ask-line)}
.stMain [class*="st-key-problem_error"]{background:var(--cw-error);border-color:var(--cw-error-line)}
[class*="st-key-table_"] button[aria-label^="Download as CSV"]{display:none} /* ours guards formulas */
[data-testid="stMain"] [data-testid="stCaptionContainer"]{color:var(--cw-muted);opacity:1}
[data-testid="stMain"] [data-testid="stCaptionContainer"] p{color:inherit}
[data-testid="stMain"] .stMarkdownBadge{white-space:normal!important}
[data-testid="stMain"] [data-testid="stExpander"] summary{opacity:1!important}
[data-testid="stMain"] [data-testid="stExpander"] summary p{color:var(--cw-text);opacity:1}
[data-testid="stFileUploaderDropzoneInstructions"] *{white-space:normal!important}
.cw-muted{color:var(--cw-muted)} .cw-small{font-size:14px}
.cw-gene{position:relative;display:inline-block;font-style:italic;border-radius:6px;padding:0 6px;margin:1px 0;
 line-height:1.5;border:1px solid transparent;cursor:default}
.cw-gene.in{background:var(--cw-chip);color:var(--cw-chip-text)}
.cw-gene.measured{background:var(--cw-soft);color:var(--cw-muted);border-color:var(--cw-line)}
.cw-gene.absent{border:1px dashed var(--cw-muted);color:var(--cw-muted);text-decoration:line-through}
.cw-gene .cw-tip{display:none;position:absolute;left:0;bottom:calc(100% + 6px);z-index:60;min-width:190px;
 background:var(--cw-card);color:var(--cw-text);border:1px solid var(--cw-line);border-radius:10px;padding:8px 12px;
 font-style:normal;font-size:14px;line-height:1.45;text-decoration:none;box-shadow:0 4px 16px var(--cw-shade)}
.cw-gene:hover .cw-tip,.cw-gene:focus .cw-tip{display:block}
.cw-word{position:relative;text-decoration:underline dotted;text-underline-offset:3px;cursor:help}
.cw-word .cw-tip{display:none;position:absolute;left:0;top:calc(100% + 4px);z-index:60;width:260px;
 background:var(--cw-card);color:var(--cw-text);border:1px solid var(--cw-line);border-radius:10px;padding:8px 12px;
 font-size:14px;line-height:1.45;box-shadow:0 4px 16px var(--cw-shade)}
.cw-word:hover .cw-tip,.cw-word:focus .cw-tip{display:block}
.cw-word:focus{outline:2px solid var(--cw-accent);outline-offset:1px}
.cw-gene:focus{outline:2px solid var(--cw-accent);outline-offset:1px}
mark{background:var(--cw-ask);color:inherit;box-shadow:0 0 0 1px var(--cw-ask-line);border-radius:3px}
[data-testid="stMain"]:focus-visible{outline:2px solid var(--cw-accent);outline-offset:-2px}
[data-testid="stButtonGroup"] button:focus-visible{outline:2px solid var(--cw-accent);outline-offset:2px;z-index:1}
.cw-evidence{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:15px}
.cw-evidence th{font-weight:600;color:var(--cw-muted);font-size:14px;text-align:left;border-bottom:1px solid var(--cw-line);
 padding:4px 8px 6px;white-space:nowrap}
.cw-evidence td{padding:5px 8px;border-bottom:1px solid var(--cw-line);vertical-align:middle}
.cw-evidence .n{text-align:right;white-space:nowrap}
.cw-evidence .cw-apart{border-left:1px solid var(--cw-line);padding-left:16px}
.cw-evidence .cw-part th{padding-top:10px;color:var(--cw-text);border-bottom:0}
.cw-bars{width:120px;background:var(--cw-soft);border-radius:4px;overflow:hidden}
.cw-bars i{display:block;height:8px;background:var(--cw-accent);border-radius:0 3px 3px 0}
.cw-bars i+i{height:5px;background:var(--cw-other)}
.cw-turn{margin:0 0 .2rem} .cw-turn p{margin:.15rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.cw-who{display:flex;justify-content:space-between;gap:12px;align-items:center}
.cw-verdict{border-radius:6px;padding:1px 8px;font-size:14px;white-space:nowrap}
.cw-verdict.passed{background:var(--cw-chip);color:var(--cw-chip-text)}
.cw-verdict.not_passed,.cw-verdict.failed{background:var(--cw-error);color:var(--cw-red-text)}
.cw-key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px;vertical-align:baseline}
.cw-wide{overflow-x:auto} .cw-wide:focus-visible{outline:2px solid var(--cw-accent)}
@media (max-width:1200px){
 :is(.st-key-run_columns,.st-key-map_and_table,.st-key-evidence_card)>[data-testid="stLayoutWrapper"]>
  [data-testid="stHorizontalBlock"]{flex-wrap:wrap}
 .st-key-run_columns>[data-testid="stLayoutWrapper"]>[data-testid="stHorizontalBlock"]>[data-testid="stColumn"]{
  flex:1 1 260px;min-width:260px}
 .st-key-run_columns>[data-testid="stLayoutWrapper"]>[data-testid="stHorizontalBlock"]>[data-testid="stColumn"]:nth-child(2){
  flex-basis:400px}
 :is(.st-key-map_and_table,.st-key-evidence_card)>[data-testid="stLayoutWrapper"]>[data-testid="stHorizontalBlock"]>
  [data-testid="stColumn"]{flex:1 1 100%;min-width:100%}
}
@media (min-width:769px) and (max-width:960px){ /* the side bar folds to its icons, and opens over the page */
 [data-testid="stMainBlockContainer"]{padding:1.25rem 20px 2.5rem}
 [data-testid="stSidebar"]{width:64px!important;min-width:64px!important;max-width:64px!important;overflow:visible;z-index:100}
 [data-testid="stSidebar"]>div:first-child{width:64px!important;overflow-x:hidden;background:inherit}
 [data-testid="stSidebar"]:is(:hover,:focus-within)>div:first-child{width:232px!important}
 [data-testid="stSidebar"]:not(:hover,:focus-within) :is([data-testid="stNavSectionHeader"],[data-testid="stSidebarUserContent"],
  [data-testid="stSidebarHeader"]){opacity:0}
 [data-testid="stSidebarNavLink"]{white-space:nowrap}
}
@media (prefers-reduced-motion: reduce){*{animation:none!important;transition:none!important}}
"""
_DARK_ONLY = """
[data-testid="stBaseButton-primary"]:not(:disabled),[data-testid="stBaseButton-primary"]:not(:disabled) *{color:var(--cw-on-accent)}
"""


def tokens(theme: Theme) -> dict[str, str]:
    """Colours of the interface in a theme."""
    return INTERFACE[theme]


def css(theme: Theme) -> str:
    """The style sheet of a theme."""
    rules = _RULES + (_DARK_ONLY if theme == "dark" else "")
    return f"<style>:root{{{css_variables(theme, 'cw-')}}}{rules}</style>"
