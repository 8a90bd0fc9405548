//! Draws a figure on any backend of `plotters`: axes, labels, legend and ticks are the library's.

use std::ops::Range;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::figure::{Content, Curves, Figure, Map};

/// Width and height at scale 1, in pixels.
pub(super) const SIZE: (u32, u32) = (520, 400);

/// Name under which the font is registered; SVG viewers without it take their own sans-serif.
const FONT: &str = "sans-serif";

/// Width of the colour scale with its labels, at scale 1.
const SCALE_WIDTH: u32 = 84;

/// Steps of the colour scale.
const N_SCALE_STEPS: u32 = 64;

/// Colours from low to high: dark blue to yellow, told apart by the colour blind and in grey (after viridis).
const STOPS: [(u8, u8, u8); 6] = [
    (68, 1, 84),
    (65, 68, 135),
    (42, 120, 142),
    (34, 168, 132),
    (122, 209, 81),
    (253, 231, 37),
];

/// Colours of lines (Okabe and Ito), told apart by the colour blind.
const LINES: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
    RGBColor(170, 150, 20),
];

type Area<'a, B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Draws the figure over the whole area, fonts and lines `scale` times their usual size.
pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, figure: &Figure, scale: u32) -> Drawn<B> {
    load_font();
    area.fill(&WHITE)?;
    match &figure.content {
        Content::Map(map) => draw_map(area, &figure.title, map, scale)?,
        Content::Curves(curves) => draw_curves(area, &figure.title, curves, scale)?,
    }
    area.present()
}

fn load_font() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        let bytes = include_bytes!("../../data/fonts/DejaVuSans-subset.ttf");
        let registered = register_font(FONT, FontStyle::Normal, bytes);
        assert!(
            registered.is_ok(),
            "invariant: the font in the program is whole"
        );
    });
}

fn draw_map<B: DrawingBackend>(area: &Area<'_, B>, title: &str, map: &Map, scale: u32) -> Drawn<B> {
    let width = i32::try_from((SIZE.0 - SCALE_WIDTH) * scale).unwrap_or(i32::MAX);
    let (left, right) = area.split_horizontally(width);
    let [low, high] = map.value_limits();
    let mut chart = ChartBuilder::on(&left)
        .margin(8 * scale)
        .caption(title, (FONT, 15 * scale))
        .x_label_area_size(38 * scale)
        .y_label_area_size(52 * scale)
        .build_cartesian_2d(range(map.x_limits), range(map.y_limits))?;
    let [n_x, n_y] = map.n_cells;
    let edge = |limits: [f64; 2], index: usize, n: usize| {
        limits[0] + (limits[1] - limits[0]) * index as f64 / n as f64
    };
    let cells = map
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite());
    chart.draw_series(cells.map(|(index, &value)| {
        let (x, y) = (index / n_y, index % n_y);
        let corner = |right: usize| {
            (
                edge(map.x_limits, x + right, n_x),
                edge(map.y_limits, y + right, n_y),
            )
        };
        Rectangle::new(
            [corner(0), corner(1)],
            colour((value - low) / (high - low)).filled(),
        )
    }))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .x_desc(&map.x_label)
        .y_desc(&map.y_label)
        .label_style((FONT, 11 * scale))
        .axis_desc_style((FONT, 13 * scale))
        .draw()?;
    draw_scale(&right, &map.value_label, [low, high], scale)
}

/// The colours with their values, as a narrow chart.
fn draw_scale<B: DrawingBackend>(
    area: &Area<'_, B>,
    label: &str,
    limits: [f64; 2],
    scale: u32,
) -> Drawn<B> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(34 * scale)
        .margin_bottom(46 * scale)
        .margin_right(10 * scale)
        .y_label_area_size(52 * scale)
        .build_cartesian_2d(0.0..1.0, range(limits))?;
    let step = (limits[1] - limits[0]) / f64::from(N_SCALE_STEPS);
    chart.draw_series((0..N_SCALE_STEPS).map(|index| {
        let low = limits[0] + step * f64::from(index);
        let shade = colour((f64::from(index) + 0.5) / f64::from(N_SCALE_STEPS));
        Rectangle::new([(0.0, low), (1.0, low + step)], shade.filled())
    }))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .y_label_formatter(&tick)
        .y_desc(label)
        .label_style((FONT, 11 * scale))
        .axis_desc_style((FONT, 13 * scale))
        .draw()?;
    Ok(())
}

fn draw_curves<B: DrawingBackend>(
    area: &Area<'_, B>,
    title: &str,
    curves: &Curves,
    scale: u32,
) -> Drawn<B> {
    let [x_limits, y_limits] = curves.limits();
    let mut chart = ChartBuilder::on(area)
        .margin(8 * scale)
        .margin_right(16 * scale)
        .caption(title, (FONT, 15 * scale))
        .x_label_area_size(38 * scale)
        .y_label_area_size(62 * scale)
        .build_cartesian_2d(range(x_limits), range(y_limits))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(225, 225, 225))
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .x_desc(&curves.x_label)
        .y_desc(&curves.y_label)
        .label_style((FONT, 11 * scale))
        .axis_desc_style((FONT, 13 * scale))
        .draw()?;
    for (curve, &shade) in curves.curves.iter().zip(LINES.iter().cycle()) {
        let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        let points = curve.points.iter().filter(finite).copied();
        let line = LineSeries::new(points, shade.stroke_width(scale));
        let drawn = chart.draw_series(line)?;
        if !curve.label.is_empty() {
            let end = i32::try_from(14 * scale).unwrap_or(14);
            drawn.label(&curve.label).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + end, y)], shade.stroke_width(2 * scale))
            });
        }
    }
    if curves.curves.iter().any(|curve| !curve.label.is_empty()) {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(RGBColor(200, 200, 200))
            .label_font((FONT, 11 * scale))
            .draw()?;
    }
    Ok(())
}

/// A tick's label: rounded to what its digits can mean, a true minus, no trailing zeros.
fn tick(value: &f64) -> String {
    let rounded = format!("{value:.6}");
    let shown = rounded.trim_end_matches('0').trim_end_matches('.');
    match shown {
        "-0" => "0".to_owned(),
        _ => shown.replace('-', "\u{2212}"),
    }
}

fn range(limits: [f64; 2]) -> Range<f64> {
    limits[0]..limits[1]
}

/// Colour of a share in [0, 1] of the scale, linear between the stops.
fn colour(share: f64) -> RGBColor {
    let position = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "between 0 and the number of stops"
    )]
    let below = (position.floor() as usize).min(STOPS.len() - 2);
    let weight = position - below as f64;
    let (from, to) = (STOPS[below], STOPS[below + 1]);
    let blend = |from: u8, to: u8| {
        let value = f64::from(from) * (1.0 - weight) + f64::from(to) * weight;
        #[expect(clippy::cast_possible_truncation, reason = "between two bytes")]
        let byte = value.round() as u8;
        byte
    };
    RGBColor(
        blend(from.0, to.0),
        blend(from.1, to.1),
        blend(from.2, to.2),
    )
}
