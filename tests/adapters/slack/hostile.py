"""Texts that a hostile page, ticket or user may bring in through a model or an action."""

from __future__ import annotations

PINGS = (
    "<!channel>", "<!here>", "<!everyone>", "<!CHANNEL>", "<!here|here>", "<!channel|all good>", "<!group>",
    "<!subteam^S012ABCDEF>", "<!subteam^S012ABCDEF|@ops>", "<@U012ABCDEF>", "<@U012ABCDEF|the boss>", "<@W0123456>",
    "<#C012ABCDEF>", "<#C012ABCDEF|general>", "<!date^1392734382^{date}^https://evil.example|now>", "<@USLACKBOT>",
    "@channel", "@here", "@everyone", "@Channel", "@HERE!", "hey@everyone", "@group",
    "&lt;!channel&gt;", "&#60;!here&#62;", "&#x3c;@U012ABCDEF&#x3e;", "&amp;lt;!channel&amp;gt;", "\\<!channel\\>",
    "<\u200b!channel>", "<!chan\u200bnel>", "@\u2060here", "@cha\u00adnnel", "\u202e>lennahc!<", "<\u200d!here>",
    "<\u200d\u200d\u200d\u200c!here>",
    "@\ufeffeveryone", "@\U000e0063here", "<!\x00here>", "<\x1b!channel>", "<!here\u2028>", "< !channel>", "<!channel",
)  # fmt: skip
WRAPPERS = (
    "{}", "**{}**", "*{}*", "~~{}~~", "`{}`", "# {}", "> {}", "- {}", "1. {}", "```\n{}\n```", "| a |\n|---|\n| {} |",
    "[{}](https://a.example)", "![{}](https://a.example/x.png)", "x{}y",
)  # fmt: skip
LINKS = (
    "[click](javascript:alert(1))", "[click](JaVaScRiPt:alert(1))", "[click](java\nscript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)", "[click](vbscript:x)", "[click](file:///etc/passwd)",
    "[click](slack://open?team=T1)", "[click](//evil.example)", "[click](\\\\evil.example)", "[click]()",
    "[click](tel:+4412345)", "[click](&#106;avascript:alert(1))", "[click](javascript&colon;alert(1))",
    "[https://bank.example](https://evil.example)", "[bank.example](https://evil.example)",
    "[www.bank.example/login](https://evil.example/login)", "[BANK.EXAMPLE](https://evil.example)",
    "[**bank.example**](https://evil.example)", "[`bank.example`](https://evil.example)",
    "[bank\u2024example.com](https://evil.example)", "[bank.exam\u200bple](https://evil.example)",
    "[bank.exam\u200d\u200c\u200d\u200dple](https://evil.example)", "[bank.exam\ufe0f\u200d\ufe0fple](https://evil.example)",
    "[ｂａｎｋ.example](https://evil.example)", "[bank。example](https://evil.example)",
    "[help@bank.example](mailto:thief@evil.example)", "[see bank.example for more](https://evil.example)",
    "[https://bank.example](https://bank.example@evil.example)", "[x](https://bank.example:pw@evil.example/)",
    "[x](https://bank.example%2f@evil.example)", "[x](https://bank.example\\@evil.example)",
    "[bank.example](https://bank.example.evil.example)", "[bank.example](https://evilbank.example)",
    "[x](https://а\u0440\u0440le.example)", "[x](https://evil.example/|bank.example)", "[x](https://evil.example/>here<)",
    "[x](<https://evil.example/> <!channel>)", "[a|b](https://evil.example)", "[a\nb](https://evil.example)",
    "[a](https://evil.example 'title <!here>')", "[a][r]\n\n[r]: javascript:alert(1)",
    "[bank.example][r]\n\n[r]: https://evil.example", "<https://evil.example|https://bank.example>",
    "<javascript:alert(1)|x>", "<https://evil.example>", "<mailto:a@evil.example|b@bank.example>", "<http:evil>",
    "![https://bank.example](https://evil.example/x.png)", "![x](javascript:alert(1))", "[![a](b)](https://evil.example)",
    "[a](https://[::1)", "[a](https://[::1]/x)", "[a](https://evil.example:99999999/)", "[a](https://%00)",
    "[a](https://evil.example/\u202egnp.exe)", "https://bank.example@evil.example/", "https://evil.example/<!channel>",
    "https://evil.example/`<@U012ABCDEF>`", "[" * 50 + "x" + "](https://evil.example)" * 50,
    "[x](https://evil.example/" + "a" * 3_000 + ")", "[x](https://evil.example/?" + "&" * 1_000 + ")",
    "[" + "y" * 4_000 + "](https://evil.example)",
)  # fmt: skip
SHAPES = (
    "```", "``````", "```\n<!channel>", "~~~\n```\n<!here>\n~~~", "`<!here>``", "````\n```\n<@U012ABCDEF>\n```",
    "    <!channel>\n", "- ```\n  <!channel>", "> ```\n> <!channel>\n<!here>", "``` <!channel>\nx\n```",
    "`` ` <!here> ` ``",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b><!here></b>", "<!-- <!channel> -->",
    "<!DOCTYPE html>",
    "<![CDATA[<!here>]]>", "<a href='https://evil.example'>bank.example</a>", "&amp;&lt;&gt;", "a && b < c > d",
    "&", "&&lt;",
    "|" * 500, "| a |\n|---|\n" + "| <!here> |\n" * 150, "|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n|" + "b|" * 30,
    "| a | b |\n|---|\n| c |", "*" * 1_000, "_" * 1_000, "> " * 200 + "x", "- " * 200 + "x", "[" * 1_000, "`" * 999,
    "\\" * 1_000, "#" * 1_000, "# " + "h" * 500, "\n" * 1_000, " ", "", "\u202e", "\ud800", "a\ud800<!here>\udfff",
    "\x00" * 100, "👩‍👩‍👧" * 500, "e" + "\u0301" * 500, "क्षि " * 500, "می‌خواهم <!here>", "1\ufe0f\u20e3", "Ⅷ" * 300,
    "2*3*4 snake_case_name __init__", "---\n***\n___", "a\n===\nb\n---", "1. a\n\n1. b\n\n7) c",
    "- [ ] <!here>\n- [x] y",
)  # fmt: skip
HOSTILE = tuple(wrapper.replace("{}", ping) for ping in PINGS for wrapper in WRAPPERS) + LINKS + SHAPES
BOMBS = (
    "*", "_", "[", "![", "](", "`", "> ", "- ", "1. ", "|", "|a", "~~", "\\", "&#", "<", "<!here>", "@here ",
    "*a_", "[a](",
    "[a][", "*a **a ", "`a``", "a\n\n", "# \n", "- a\n  - b\n", "|a|b|\n|-|-|\n", "http://a.example/& ", "x.y.",
    "e\u0301",
    "    a\n", "```\n", "\u200d", "[x.y](http://a.example) ", "&amp;", "a" * 70 + " ",
)  # fmt: skip
"""Each is repeated to 100,000 characters."""
