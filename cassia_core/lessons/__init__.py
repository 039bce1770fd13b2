"""Lessons: folders of plain files, the cells they are about, what a learner did, the page to take home."""
