"""What a page is looked over for: bars, things outside of their card, cut words, and faults that axe finds."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

AXE = Path(__file__).resolve().parents[2] / ".dev" / "axe.min.js"
"""The npm package axe-core's file (MPL-2.0, not ours to keep here): `.ci/run` fetches it."""
WAIT_MS = 60_000
WIDTHS = (820, 1024, 1280, 1440, 1920)
_FAULTS_OF_LAYOUT = """() => {
  const found = [], main = document.querySelector('[data-testid="stMain"]');
  const edge = (e) => e.getBoundingClientRect();
  const words = (e) => (e.innerText || e.getAttribute('aria-label') || e.tagName).trim().slice(0, 60);
  const seen = (e) => { const r = edge(e); return r.width > 1 && r.height > 1 && e.checkVisibility({ visibilityProperty: true }); };
  if (document.scrollingElement.scrollWidth > innerWidth + 1) found.push('the window scrolls sideways');
  if (main.scrollWidth > main.clientWidth + 1) found.push('the page scrolls sideways');
  const rolls = (e) => !['visible', 'clip'].includes(getComputedStyle(e).overflowX);
  const isCard = (e) => e === main || (e.dataset.testid === 'stVerticalBlock' && parseFloat(getComputedStyle(e).borderRightWidth) > 0);
  for (const e of main.querySelectorAll('*')) {
    if (!seen(e) || e.closest('svg svg')) continue;
    let card = e.parentElement;
    while (card && !isCard(card) && !rolls(card)) card = card.parentElement;
    if (card && isCard(card) && edge(e).right > edge(card).right + 1.5) found.push(`outside of its card: ${words(e)}`);
    const style = getComputedStyle(e), own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const cut = own && e.scrollWidth > e.clientWidth + 1 && ['hidden', 'clip'].includes(style.overflowX);
    if (cut && !e.closest('[title]') && style.display !== 'inline' && e.tagName !== 'INPUT') found.push(`cut: ${words(e)}`);
  }
  return [...new Set(found)].slice(0, 12);
}"""
_FAULTS_BY_AXE = """async () => {
  const ofStreamlit = [['[data-testid="stSidebarNavItems"]']];  // its list of pages has heads between the items
  const told = await axe.run({ include: [['body']], exclude: ofStreamlit }, { resultTypes: ['violations'] });
  return told.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
}"""


def at_rest(page: Page) -> None:
    """Wait until the page is drawn and nobody works on it."""
    expect(page.locator("h1").first).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=WAIT_MS)
    expect(page.locator('[data-testid="stSkeleton"], [data-stale="true"]')).to_have_count(0, timeout=WAIT_MS)


def faults_of_layout(page: Page) -> dict[int, list[str]]:
    """What is wrong with the layout of the page that is open, by width of the window (pixels)."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if faults := _settled_faults(page):
            found[width] = faults
    return found


def _settled_faults(page: Page) -> list[str]:
    """What is still wrong once charts and tables have measured themselves anew."""
    for _ in range(10):
        page.wait_for_timeout(250)
        if not (faults := page.evaluate(_FAULTS_OF_LAYOUT)):
            break
    return faults


def faults_by_axe(page: Page) -> list[str]:
    """Serious and critical faults that axe-core finds on the page that is open."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(_FAULTS_BY_AXE)
