//! Texts of the API's description as pages show them: paragraphs, code in back-ticks, links in `[words](/path)`.

/// The text as HTML; everything in it that could be markup is escaped first.
pub(crate) fn html(text: &str) -> String {
    let paragraph = |text: &str| format!("<p>{}</p>", line(text));
    text.split("\n\n").map(paragraph).collect()
}

/// The same without paragraphs, for cells and lists.
pub(crate) fn line(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for (i, part) in text.split('`').enumerate() {
        match i % 2 {
            0 => html.push_str(&links(&escaped(part))),
            _ => html.push_str(&format!("<code>{}</code>", escaped(part))),
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Makes links of what is written as one and leads to a page of ours.
fn links(text: &str) -> String {
    let Some((before, rest)) = text.split_once('[') else { return text.to_owned() };
    let link = rest.split_once("](").and_then(|(words, rest)| Some((words, rest.split_once(')')?)));
    match link {
        Some((words, (to, rest))) if to.starts_with("/docs") => {
            format!("{before}<a href=\"{to}\">{words}</a>{}", links(rest))
        }
        Some(_) | None => format!("{before}[{}", links(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_links_and_paragraphs_are_made() {
        assert_eq!(html("a `b` c\n\nd"), "<p>a <code>b</code> c</p><p>d</p>");
        assert_eq!(
            line("see [the limits](/docs/limits), [no](x)"),
            "see <a href=\"/docs/limits\">the limits</a>, [no](x)"
        );
    }

    #[test]
    fn nothing_becomes_markup_by_itself() {
        assert_eq!(line("<b> & \"c\" `<i>`"), "&lt;b&gt; &amp; &quot;c&quot; <code>&lt;i&gt;</code>");
        assert_eq!(line("[x](/docs\" onclick=\"y)"), "<a href=\"/docs&quot; onclick=&quot;y\">x</a>");
    }

    proptest::proptest! {
        /// Of every markup in the page, all is ours: what is left without it has none.
        #[test]
        fn no_text_breaks_out(text in r#"([<>&"'`\[\]()a\n]|\n\n|\]\(/docs|script|.){0,60}"#) {
            let html = html(&text);
            let ours = ["<p>", "</p>", "<code>", "</code>", "</a>"];
            let mut rest = ours.iter().fold(html, |html, tag| html.replace(tag, ""));
            while let Some((before, after)) = rest.split_once("<a href=\"/docs") {
                let (address, after) = after.split_once("\">").expect("the end of the tag");
                proptest::prop_assert!(!address.contains(['<', '>', '"']), "{address}");
                rest = format!("{before}{after}");
            }
            proptest::prop_assert!(!rest.contains(['<', '>', '"']), "{rest}");
        }
    }
}
