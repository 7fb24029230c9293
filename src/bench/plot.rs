//! What was measured as a picture: an SVG of grouped horizontal bars on a logarithmic scale, one metric per picture. It
//! needs no font, script or style from outside.

use std::fmt::Write;

use super::table::figure;
use super::{Cell, Found, Job, Metric};

const LABELS: f64 = 190.0;
const BARS: f64 = 640.0;
/// Room right of the bars for their figures.
const FIGURES: f64 = 80.0;
const BAR: f64 = 12.0;
const GAP: f64 = 12.0;
const HEAD: f64 = 58.0;
const LEGEND_LINE: f64 = 20.0;
const FOOT: f64 = 44.0;
const PER_LEGEND_LINE: usize = 6;
const LEGEND_STEP: f64 = 145.0;

/// Colours that most people can tell apart (Okabe and Ito), then shades.
const COLOURS: &[&str] = &[
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#f0e442", "#000000",
    "#7a4fa3", "#8c6d31",
];

/// The decades around all values: exponents of ten.
fn decades(values: impl Iterator<Item = f64>) -> Option<(i32, i32)> {
    let mut ends: Option<(f64, f64)> = None;
    for v in values.filter(|v| *v > 0.0 && v.is_finite()) {
        ends = Some(ends.map_or((v, v), |(lo, hi)| (lo.min(v), hi.max(v))));
    }
    let (lo, hi) = ends?;
    let (lo, hi) = (lo.log10().floor() as i32, hi.log10().ceil() as i32);
    Some((lo, hi.max(lo + 1)))
}

/// The picture of a metric.
pub(crate) fn svg(job: &Job, found: &Found, metric: Metric, about: &str) -> String {
    let value = |c: &Cell| c.value(metric);
    let all = found.rows.iter().flat_map(|r| r.cells.iter().filter_map(value));
    let (lo, hi) = decades(all).unwrap_or((0, 1));
    let x = |v: f64| LABELS + BARS * (v.log10() - f64::from(lo)) / f64::from(hi - lo);
    let group = |cells: &[Cell]| cells.iter().filter(|c| !matches!(c, Cell::None)).count() as f64 * BAR;

    let legend_lines = job.columns.len().div_ceil(PER_LEGEND_LINE) as f64;
    let top = HEAD + legend_lines * LEGEND_LINE;
    let inner: f64 = found.rows.iter().map(|r| group(&r.cells) + GAP).sum::<f64>() + GAP;
    let (width, height) = (LABELS + BARS + FIGURES, top + inner + FOOT);

    let mut out = String::new();
    let title = escaped(&format!("nyash bench: {} ({}, less is better)", metric.title(), metric.unit()));
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"12\" y=\"44\" fill=\"#555555\">{}</text>",
        escaped(about)
    );
    for (at, column) in job.columns.iter().enumerate() {
        let left = 12.0 + (at % PER_LEGEND_LINE) as f64 * LEGEND_STEP;
        let y = HEAD + (at / PER_LEGEND_LINE) as f64 * LEGEND_LINE;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"12\" height=\"12\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            colour(at),
            left + 17.0,
            y + 10.5,
            escaped(&column.name)
        );
    }
    grid(&mut out, (lo, hi), top, inner, metric, x);
    let mut y = top + GAP;
    for row in &found.rows {
        let tall = group(&row.cells);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LABELS - 8.0,
            y + tall / 2.0 + 4.0,
            escaped(&clipped(&row.program.label()))
        );
        for (at, cell) in row.cells.iter().enumerate().filter(|(_, c)| !matches!(c, Cell::None)) {
            let (wide, text) = match value(cell).filter(|v| *v > 0.0) {
                Some(v) => ((x(v) - LABELS).max(1.0), figure(v)),
                None if matches!(cell, Cell::Problem(_)) => (0.0, "failed".to_string()),
                None => (0.0, "-".to_string()),
            };
            let _ = writeln!(
                out,
                "<rect x=\"{LABELS:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"9\" fill=\"#333333\">{text}</text>",
                BAR - 1.0,
                colour(at),
                LABELS + wide + 3.0,
                y + BAR - 3.0
            );
            y += BAR;
        }
        y += GAP;
    }
    out.push_str("</svg>\n");
    out
}

/// A line and a figure per power of ten.
fn grid(out: &mut String, (lo, hi): (i32, i32), top: f64, tall: f64, metric: Metric, x: impl Fn(f64) -> f64) {
    for exponent in lo..=hi {
        let (at, v) = (x(10f64.powi(exponent)), 10f64.powi(exponent));
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{top:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{v}</text>",
            top + tall,
            top + tall + 16.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}, logarithmic</text>",
        LABELS + BARS / 2.0,
        top + tall + 34.0,
        metric.unit()
    );
}

fn colour(at: usize) -> &'static str {
    COLOURS.get(at % COLOURS.len()).copied().unwrap_or("#000000")
}

/// As much of a label as there is room for; of a path the end says more.
fn clipped(label: &str) -> String {
    const ROOM: usize = 26;
    let length = label.chars().count();
    if length <= ROOM {
        return label.to_string();
    }
    format!("…{}", label.chars().skip(length + 1 - ROOM).collect::<String>())
}

/// As text of an XML document.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to say them.
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::columns::{Column, Kind, Places};
    use crate::bench::measure::Sample;
    use crate::bench::{Row, programs};
    use std::time::Duration;

    #[test]
    fn the_scale_covers_whole_decades() {
        assert_eq!(decades([].into_iter()), None);
        assert_eq!(decades([0.0, -1.0, f64::NAN].into_iter()), None);
        assert_eq!(decades([0.5, 340.0].into_iter()), Some((-1, 3)));
        assert_eq!(decades([10.0].into_iter()), Some((1, 2)));
    }

    #[test]
    fn texts_become_xml() {
        assert_eq!(escaped("a<b> & \"c\"\u{7}"), "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}");
        assert_eq!(clipped("short"), "short");
        assert_eq!(clipped(&"x".repeat(40)).chars().count(), 26);
    }

    #[test]
    fn bars_grow_by_the_logarithm() {
        let sample = |ms: u64| {
            let cpu = Duration::from_millis(ms);
            Sample { cpu, wall: cpu, peak_bytes: None, iterations_us: Vec::new(), answer: String::new() }
        };
        let column = |name: &str| Column {
            name: name.into(),
            kind: Kind::Tier,
            program: "nyash".into(),
            args: Vec::new(),
            version: String::new(),
        };
        let program = programs::select(&["fib".to_string()], false).expect("known").remove(0);
        // 1, 10 and 100 ms on a scale of two decades: no bar, half of it, all of it.
        let cells = [1, 10, 100].map(|ms| Cell::Samples(vec![sample(ms)])).into_iter();
        let cells = cells.chain([Cell::None, Cell::Problem("it is wrong".into())]).collect();
        let job = Job {
            programs: Vec::new(),
            columns: ["a", "b", "c", "d", "<e>"].map(column).into(),
            base: 0,
            runs: 1,
            deadline: Duration::from_secs(1),
            places: Places::default(),
        };
        let found = Found { rows: vec![Row { program, cells }], problems: Vec::new(), notes: Vec::new() };
        let picture = svg(&job, &found, Metric::Cpu, "1 run");
        for part in [
            "width=\"1.0\" height=\"11.0\"",
            "width=\"320.0\" height=\"11.0\"",
            "width=\"640.0\" height=\"11.0\"",
            ">failed</text>",
            ">&lt;e&gt;</text>",
            ">fib=30x10</text>",
            "CPU time of the process (ms, less is better)",
            ">ms, logarithmic</text>",
        ] {
            assert!(picture.contains(part), "{part} is missing in\n{picture}");
        }
        let count = |what: &str| picture.matches(what).count();
        assert_eq!(count("height=\"11.0\""), 4, "the column without the program has no bar");
        assert_eq!(count("<text "), count("</text>"));
    }
}
