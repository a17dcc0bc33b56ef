"""What a machine can see of an open page: letters that are too small, what is cut without a mark, and whom it shuts out."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

LEAST = 0.79  # of the text around it
SMALL = """least => {
  // an index is as small as one in a formula may be, 0.7 of what it stands at: in a table on paper it has 0.73 of the text
  const share = one => one.closest("sub, sup") ? Math.min(least, 0.7) : least;
  const root = document.querySelector(".md-content") ?? document.body, found = [];
  const text = parseFloat(getComputedStyle(root.querySelector(".md-typeset") ?? root).fontSize), isSeen = one => one.checkVisibility();
  const say = (high, one, words) => {
    if (isSeen(one) && high < share(one) * text) found.push(`${high.toFixed(1)} px: ${words.trim().slice(0, 40)}`);
  };
  const size = one => parseFloat(getComputedStyle(one).fontSize);
  const scale = one => Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b);
  for (const svg of root.querySelectorAll("svg.a1viz:not(.a1viz-results *)")) {
    const title = svg.querySelector("title")?.textContent ?? "";
    for (const one of svg.querySelectorAll("g[transform*=' scale(']")) say(1000 * scale(one), one, title);
    for (const one of svg.querySelectorAll("text")) say(size(one) * scale(one), one, title + one.textContent);
  }
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    if (words.currentNode.data.trim() && !one.closest("svg, script, style")) say(size(one), one, one.textContent);
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll(":is(.md-content, body > main) *")].filter(one => {
  if (one.matches("svg *, svg, select, input, textarea, .tabbed-labels")) return false;
  const style = getComputedStyle(one), isCut = one.clientWidth > 40 && one.scrollWidth > one.clientWidth + 2 && style.display !== "inline";
  return isCut && one.checkVisibility() && style.overflowX !== "visible" && style.clipPath === "none" && !one.dataset.a1vizCut;
}).map(one => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
STOPS = """all => all.filter(picture => picture.checkVisibility())
  .map(picture => [picture, ...picture.querySelectorAll("[tabindex]")].filter(part => part.tabIndex === 0).length)
  .filter(stops => stops !== 1)"""
READY = "[...document.querySelectorAll('[data-a1viz-live]')].every(f => f.dataset.a1vizLive === 'ready')"


def opened(page, address: str) -> None:
    """Open a page and wait for its live pictures."""
    page.goto(address)
    page.wait_for_function(READY, timeout=120_000)
    page.wait_for_timeout(300)


def violations(page, **about: object) -> list[str]:
    """What axe says of a page, contrast among it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}, **about).response["violations"]
    return [f"{v['id']}: {node['target']} {node['html'][:120]}" for v in found for node in v["nodes"]]


def cut(page, looks: int) -> list[str]:
    """What is cut, as soon as the page's script has marked the rest: on a busy machine that takes a while, four looks a second."""
    for _ in range(looks):
        if not (found := page.evaluate(CUT)):
            break
        page.wait_for_timeout(250)
    return found


def faults(page, looks: int = 60) -> list[str]:
    """All that is wrong with the look of an open page; `looks` is how often what seems to be cut is looked at until it is."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    stops = page.eval_on_selector_all(".a1viz-picture", STOPS)
    return [
        *(f"too small: {said}" for said in page.evaluate(SMALL, LEAST)),
        *(f"cut without a mark: {said}" for said in cut(page, looks)),
        *([f"{wide} px wider than the window"] if wide > 0 else []),
        *(f"a picture has {number} stops of the Tab key" for number in stops),
        *violations(page),
    ]
