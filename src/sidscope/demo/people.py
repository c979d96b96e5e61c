"""Names, texts and addresses, in many scripts and with everything that strangers type."""

from __future__ import annotations

from random import Random
from typing import Final

NAMES: Final = (
    "Amélie Laurent",
    "Zoe\u0308 Mu\u0308ller",  # combining marks
    "محمد الأحمد",
    "李小龍",
    "佐藤 美咲",
    "Оксана Шевченко",
    "नेहा शर्मा",
    "יעל כהן",
    "สมชาย ใจดี",
    "👩🏽‍🚀 Nova",
    "José Ángel Ñuño",
    "Þórður Jónsson",
    "김민준",
    "Σοφία Παπαδοπούλου",
    "O'Brien, Seán",
    "Ngọc Trần Thị",
    "Bob [bold]Tables[/]",
    "Ayşe Yılmaz",
    "Jan z Gdańska",
    "Chukwuemeka Ọ.",
)

TEXTS: Final = (
    "hola, ¿dónde está mi pedido?",
    "Hallo, ich hätte gern einen Termin 🙂",
    "أين طلبي؟ شكراً",
    "我的訂單在哪裡?",
    "1",
    "agent please",
    "ok 👍🏾",
    "STOP",
    "Is [/bold] this [link=http://example.invalid]free[/link]?",
    "[@click=app.quit]press me[/]",
    "\x1b[31mred\x1b[0m and \x1b]0;title\x07 done",
    "price \u202e00.1$ only",
    "zero\u200bwidth\u200djoined \ufeff",
    "nul \x00 and bell \x07",
    '=HYPERLINK("http://example.invalid";"open")',
    "Z̷̛͓a̵l̶g̷o̴ was here",
    "line one\nline two\ttabbed",
    "👨‍👩‍👧‍👦 we are four",
    "Можно перенести на завтра?",
    "明日お願いします",
    "मुझे मदद चाहिए",
    "<script>alert(1)</script> & co",
    "{{flow.variables.secret}} {% raw %}",
    "c\u0327a va\u0300",
)

ANSWERS: Final = (
    "Willkommen bei Café Zoë ☕ – 1 Bestellung, 2 Termin, 3 Mensch",
    "Thanks! One moment…",
    "شكراً لتواصلك معنا",
    "請稍候,我們正在查詢",
    "An agent will be with you shortly.",
    "¿Algo más?",
)

FLOW_NAMES: Final = {
    "entry": "Café Zoe\u0308 · Empfang ☕",
    "support": "الدعم الفني – Support",
    "messaging": "客服短信 (Programmable Messaging)",
    "webchat": "Webchat ✨ [bold]Lobby[/]",
    "legacy": "Legacy chat – do not touch!!",
    "voice": "Voice IVR: Hotline 24/7",
    "outbound": "Outbound / survey 🚀",
    "private": "HR – vertraulich",
}
"""What each role of a flow is called; a world always has these, and more of the busy ones if asked for more."""

CITIES: Final = (
    "Wien",
    "Zürich",
    "São Paulo",
    "القاهرة",
    "台北",
    "Kraków",
    "Αθήνα",
    "東京",
    "Québec",
    "Đà Nẵng",
    "서울",
    "मुंबई",
)

WIDGETS: Final = {
    "welcome": ("welcome", "Begrüßung", "welcome_msg", "ترحيب"),
    "ask": ("ask_topic", "ask: what's up?", "frage_1", "問題"),
    "function": ("lookup_customer", "fn crm.lookup", "kunde_suchen"),
    "variables": ("set_language", "set vars"),
    "flex": ("send_to_flex", "SendToFlex_1", "an Mensch übergeben"),
    "bye": ("goodbye", "tschüss 👋"),
}
"""Widget names are the user's own text."""

PRODUCTS: Final = ("Espresso", "Flat White", "Käsekuchen", "خبز", "茶", "Brioche", "Pão de queijo", "Bánh mì")


def text_of(message_sid: str) -> str:
    """What the customer wrote in this message."""
    return Random(message_sid).choice(TEXTS)
