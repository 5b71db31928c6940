use super::*;

#[test]
fn x_paths() {
    check(&[
        ("{{xPath '<a><b>1</b><b>2</b></a>' '/a/b/text()'}}", "1"),
        ("{{xPath '<a><b>1</b><b>2</b></a>' '/a/b'}}", "<b>1</b>\n"),
        (r#"{{xPath '<a x="1">t</a>' '/a/@x'}}"#, "1"),
        ("{{xPath '<a/>' '/zzz'}}", ""),
        ("{{xPath '<a><b/><b/></a>' 'count(/a/b)'}}", "2"),
        ("{{xPath '<a><b/><b/></a>' '/a/b[1] = 1'}}", "false"),
        (
            "{{#each (xPath '<a><b>1</b><b>2</b></a>' '/a/b/text()') as |n|}}<{{n}}>{{/each}}",
            "<1><2>",
        ),
        ("{{size (xPath '<a><b/><b/></a>' '/a/b')}}", "2"),
        ("{{trim (xPath '<a><b>1</b></a>' '/a/b')}}", "<b>1</b>"),
        ("{{#if (xPath '<a/>' '/zzz')}}yes{{else}}no{{/if}}", "no"),
        (
            "{{xPath '<a/>'}}",
            "[ERROR: The XPath expression cannot be empty]",
        ),
        (
            "{{xPath '<a/>' ''}}",
            "[ERROR:  is not a valid XPath expression]",
        ),
        (
            "{{xPath '<a/>' '/a |'}}",
            "[ERROR: /a | is not a valid XPath expression]",
        ),
        ("{{xPath 'nope' '/a'}}", "[ERROR: nope is not valid XML]"),
        ("{{xPath empty '/a'}}", "[ERROR:  is not valid XML]"),
        ("{{xPath 5 '/a |'}}", "[ERROR: 5 is not valid XML]"),
        ("{{xPath nul '/a'}}", "[ERROR: null is not valid XML]"),
    ]);
}

#[test]
fn soap_x_paths() {
    let soap = "<s:Envelope><s:Body><m:n>5</m:n></s:Body></s:Envelope>";
    for (expression, expected) in [
        ("'/n/text()'", "5"),
        ("'n/text()'", "5"),
        ("'*/text()'", "5"),
        ("'n'", "<m:n>5</m:n>\n"),
        ("'n |'", "[ERROR: n | is not a valid XPath expression]"),
        ("", "[ERROR: The XPath expression cannot be empty]"),
    ] {
        let source = format!("{{{{soapXPath '{soap}' {expression}}}}}");
        check(&[(&source, expected)]);
    }
}

#[test]
fn xml_is_laid_out() {
    for (xml, pretty, compact) in [
        (
            "<a><b>1</b><c/></a>",
            "<a>\n  <b>1</b>\n  <c/>\n</a>\n",
            "<a><b>1</b><c/></a>",
        ),
        (
            "<a>\n <b> 1 </b>\n\n<c/>\n</a>",
            "<a>\n  <b> 1 </b>\n  <c/>\n</a>\n",
            "<a><b> 1 </b><c/></a>",
        ),
        (
            "<a>x<b/>y</a>",
            "<a>\n  x\n  <b/>\n  y\n</a>\n",
            "<a>x<b/>y</a>",
        ),
        ("<!--c--><a/>", "<!--c--><a/>\n", "<!--c--><a/>"),
        (
            "<a><!--c-->u<b/></a>",
            "<a>\n  <!--c-->\n  u\n  <b/>\n</a>\n",
            "<a><!--c-->u<b/></a>",
        ),
        ("<a><?p d?></a>", "<a>\n  <?p d?>\n</a>\n", "<a><?p d?></a>"),
        (
            "<a><![CDATA[x<y]]></a>",
            "<a><![CDATA[x<y]]></a>\n",
            "<a><![CDATA[x<y]]></a>",
        ),
        (
            "<a><b/><![CDATA[x]]></a>",
            "<a>\n  <b/><![CDATA[x]]></a>\n",
            "<a><b/><![CDATA[x]]></a>",
        ),
        (
            "<a><b>1</b>\nt\n</a>",
            "<a>\n  <b>1</b>\n  t\n\n</a>\n",
            "<a><b>1</b>\nt\n</a>",
        ),
        (
            "<a>t<!--c-->u</a>",
            "<a>\n  t\n  <!--c-->\n  u\n</a>\n",
            "<a>t<!--c-->u</a>",
        ),
        (
            r#"<a x="1" a="&lt;&#10;&gt;"/>"#,
            "<a a=\"&lt;&#10;&gt;\" x=\"1\"/>\n",
            r#"<a a="&lt;&#10;&gt;" x="1"/>"#,
        ),
        (
            r#"<a xmlns="u"><b xmlns="u"/></a>"#,
            "<a xmlns=\"u\">\n  <b/>\n</a>\n",
            r#"<a xmlns="u"><b/></a>"#,
        ),
        ("<p:a/>", "<p:a/>\n", "<p:a/>"),
        ("<a> </a>", "<a/>\n", "<a/>"),
        (
            "<a>&#13;&#133;é</a>",
            "<a>&#13;&#133;é</a>\n",
            "<a>&#13;&#133;é</a>",
        ),
    ] {
        let quoted =
            |format: &str| format!("{{{{#formatXml format='{format}'}}}}{xml}{{{{/formatXml}}}}");
        check(&[(&quoted("pretty"), pretty), (&quoted("compact"), compact)]);
    }
    let what =
        "formatXml should take a block of XML to format or a single parameter of type String";
    check(&[
        (
            "{{#formatXml}}<a><b>{{list.[0]}}</b></a>{{/formatXml}}",
            "<a>\n  <b>1</b>\n</a>\n",
        ),
        (
            "{{#formatXml format='compact'}}<a> <b/></a>{{/formatXml}}",
            "<a><b/></a>",
        ),
        ("{{formatXml '<a>'}}", "[ERROR: Input is not valid XML]"),
        (
            "{{formatXml '<a/>' format='PRETTY'}}",
            "[ERROR: formatXml: format [PRETTY] should be one of [pretty, compact]]",
        ),
        ("{{formatXml}}", &format!("[ERROR: {what}]")),
        ("{{formatXml 5}}", &format!("[ERROR: {what}]")),
        ("{{#formatXml}} {{/formatXml}}", &format!("[ERROR: {what}]")),
    ]);
}
