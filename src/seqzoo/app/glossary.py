"""The page /glossary."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from ..pages import glossary, look
from .ui import theme


def enter(application: FastAPI) -> None:
    """Register the page."""
    style = look.HERE.joinpath("css", "glossary.css").read_text("utf-8")
    page = theme.document("Glossary", glossary.body(), glossary.DESCRIPTION, f"<style>{style}</style>")

    @application.get("/glossary")
    async def answer() -> HTMLResponse:
        return HTMLResponse(page)
