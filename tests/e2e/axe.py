"""What axe-core says of a page."""

from axe_playwright_python.sync_playwright import Axe


def serious_of_step(page, number):
    """What axe-core holds to be serious or critical on the open step: the rule, and the first part that breaks it.

    With step 1 the whole page is looked at; with another one the cards and the step itself, since nothing else on the
    page changes with the step.
    """
    where = None if number == 1 else {"include": [["#journey"], [f"#panel-{number}"]]}
    found = Axe().run(page, where, {"resultTypes": ["violations"]}).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
