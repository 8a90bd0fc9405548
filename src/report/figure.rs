//! What a plot shows, as plain numbers with labels.

/// One plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without ending: `ramachandran_2`.
    pub name: String,
    /// Title above the plot.
    pub title: String,
    /// What is drawn.
    pub content: Content,
}

/// The kinds of plots.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A coloured surface.
    Map(Map),
    /// Lines.
    Curves(Curves),
}

/// Values over a rectangle in equal cells, as colours with a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Label of the horizontal axis.
    pub x_label: String,
    /// Label of the vertical axis.
    pub y_label: String,
    /// Label of the colours.
    pub value_label: String,
    /// Limits of x.
    pub x_limits: [f64; 2],
    /// Limits of y.
    pub y_limits: [f64; 2],
    /// Cells along x and y.
    pub n_cells: [usize; 2],
    /// `[n_x, n_y]`, y fastest; what is not finite stays blank.
    pub values: Vec<f64>,
}

/// Lines over common axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Label of the horizontal axis.
    pub x_label: String,
    /// Label of the vertical axis.
    pub y_label: String,
    /// Limits of y; from the points where `None`.
    pub y_limits: Option<[f64; 2]>,
    /// The lines.
    pub curves: Vec<Curve>,
}

/// A line; points that are not finite are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name in the legend; empty for none.
    pub label: String,
    /// Points (x, y).
    pub points: Vec<(f64, f64)>,
}

impl Map {
    /// Smallest and largest finite value; 0 and 1 where there is none, never equal.
    pub(super) fn value_limits(&self) -> [f64; 2] {
        limits(self.values.iter().copied())
    }
}

impl Curves {
    /// Limits of x and y that hold all finite points.
    pub(super) fn limits(&self) -> [[f64; 2]; 2] {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let y = self.y_limits.unwrap_or_else(|| {
            let [low, high] = limits(points().map(|point| point.1));
            let room = 0.04 * (high - low);
            [low - room, high + room + self.legend_share() * (high - low)]
        });
        [limits(points().map(|point| point.0)), y]
    }

    /// Share of the plot that is kept free above the lines for a legend of several.
    fn legend_share(&self) -> f64 {
        let named = self.curves.iter().filter(|curve| !curve.label.is_empty());
        match named.count() {
            0 | 1 => 0.0,
            n_lines => f64::min(0.08 * n_lines as f64, 0.7),
        }
    }
}

fn limits(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    match high - low {
        width if width > 0.0 => [low, high],
        0.0 => [low - 0.5, low + 0.5],
        _ => [0.0, 1.0],
    }
}
