"""What axe-core says of a page."""

from axe_playwright_python.sync_playwright import Axe

EVERY_STEP = "html [id^=panel-]:not(#a):not(#b):not(#c) { display: flex !important }"  # before what hides all but one


def serious(page):
    """What axe-core holds to be serious or critical on the page: the rule, and the first part that breaks it.

    All steps are shown below each other for it. Most of what a scan takes is reading the page, which has all of them
    anyway.
    """
    style = page.add_style_tag(content=EVERY_STEP)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert all(page.locator(f"#panel-{number}").is_visible() for number in range(1, 8))
    found = Axe().run(page, None, {"resultTypes": ["violations"]}).response["violations"]
    style.evaluate("(style) => style.remove()")
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
