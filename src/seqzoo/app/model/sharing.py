"""The button that copies the link to what a page shows."""

from __future__ import annotations

from nicegui import ui

from ..ui import controls, theme
from ..ui.address import Address

COPIED = "Link copied"
REFUSED = "Copy this link:"


def button(address: Address) -> None:
    """Show the button and, where the browser does not allow copying, the link in a field to copy it from."""

    async def share() -> None:
        address.write()
        is_copied = await controls.copied("location.href")
        status.set_content(COPIED if is_copied else REFUSED)
        theme.show(field, not is_copied)
        if not is_copied:
            select = f"const field = getHtmlElement({field.id}); field.value = location.href; field.select();"
            ui.run_javascript(f"requestAnimationFrame(() => {{ {select} }})")

    with ui.element("div").classes("share"):
        status = theme.html("", "hint", "span").props('role="status"')
        field = ui.element("input").classes("gone").props('type="text" readonly aria-label="The link to this view"')
        controls.button("Share", share)
