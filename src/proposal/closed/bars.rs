//! All ways to close a chain between two fixed ends by six torsions: phi and psi of three residues.
//!
//! The three CA are hinges, and what lies between two of them is a bar, rigid in itself. The first hinge A and the last one C
//! stay; the middle one B goes around the line from A to C, by alpha. Each bar spins about its own line: the first by p, the
//! azimuth of its last bond at B, the second by s, that of its first bond there. The bond angles at the three hinges are what
//! has to be kept: N-CA-C at A couples alpha and p, at B p and s, at C s and alpha, each linear in the sine and cosine of both.
//! With p and s eliminated (each from a quadratic, all four pairs of their roots multiplied) what is left is
//!
//! F(alpha) = product over the four pairs of the condition at B,
//!
//! a trigonometric polynomial of degree 8 up to factors that are not zero; every closed chain is one of its at most 16 roots (Wedemeyer
//! and Scheraga, doi:10.1002/(SICI)1096-987X(199906)20:8<819::AID-JCC8>3.0.CO;2-Y; Coutsias et al., doi:10.1002/jcc.10416). F is real
//! whether the roots of the quadratics are or not, so it is followed on a grid, its changes of sign are refined, and each closure
//! is polished by Newton's method in all three angles. A pair of roots closer than the grid can tell may be missed; which ones are
//! found depends on bars and ends alone, never on the closure that the chain is in, so that exactness needs no more.

use super::roots::{circle, roots};
use crate::vector::Point;
use nalgebra::{Matrix3, Vector3};

/// Most closures of a chain.
pub(crate) const MOST_CLOSURES: usize = 16;
/// Cosines of the angles at the hinges are kept to this.
const CLOSED: f64 = 1e-13;
/// Residual from which rounding may keep Newton's method from [`CLOSED`].
const NEARLY_CLOSED: f64 = 1e-10;
/// Residual of the condition at B from which a pair of azimuths may be another closure at the same alpha.
const ANOTHER: f64 = 0.01;
/// Closures nearer to each other than this, in rad, are one.
const SAME: f64 = 1e-6;

/// A rigid part between two hinges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    /// Distance of the hinges, nm.
    length: f64,
    first: Bond,
    last: Bond,
    /// Azimuth of the last bond about the line of the hinges less that of the first, as cosine and sine.
    twist: [f64; 2],
}

/// A bond at a hinge: its length, and cosine and sine of its angle to the line from hinge to hinge.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bond {
    length: f64,
    along: f64,
    across: f64,
}

impl Bond {
    fn new(bond: Point, line: &Point) -> Self {
        let length = bond.norm();
        let along = bond.dot(line) / length;
        Self {
            length,
            along,
            across: (1.0 - along * along).max(0.0).sqrt(),
        }
    }
}

impl Bar {
    /// From hinge to hinge, with the atoms that are bonded to the first and to the last of them.
    pub(crate) fn new(hinges: [Point; 2], first: Point, last: Point) -> Self {
        let line = hinges[1] - hinges[0];
        let length = line.norm();
        let line = line / length;
        let bonds = [first - hinges[0], last - hinges[1]];
        let [one, other] = bonds.map(|bond| bond - bond.dot(&line) * line);
        let [sine, cosine] = [line.dot(&one.cross(&other)), one.dot(&other)];
        let norm = sine.hypot(cosine).max(f64::MIN_POSITIVE);
        Self {
            length,
            first: Bond::new(bonds[0], &line),
            last: Bond::new(bonds[1], &line),
            twist: [cosine / norm, sine / norm],
        }
    }
}

/// What stays: hinges A and C, and the bonds that lead to the first and on from the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ends {
    pub(crate) hinges: [Point; 2],
    /// Unit vectors from A to its nitrogen and from C to its carbonyl carbon.
    pub(crate) bonds: [Point; 2],
    /// Cosines of N-CA-C at A, B and C.
    pub(crate) cosines: [f64; 3],
}

/// Where the atoms at the hinges are in a closed chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Closure {
    /// The hinge B.
    pub(crate) hinge: Point,
    /// First and last atom of the first bar, then of the second.
    pub(crate) atoms: [[Point; 2]; 2],
}

/// The problem in numbers: the triangle of the hinges and what does not change with alpha.
struct Triangle<'a> {
    ends: &'a Ends,
    bars: [&'a Bar; 2],
    /// Unit vector from A to C and two across it.
    frame: [Point; 3],
    /// Cosine and sine of the triangle's angles at A and C.
    at: [[f64; 2]; 2],
    /// Components of the ends' bonds in the frame.
    components: [[f64; 3]; 2],
    coefficients: Coefficients,
}

/// The condition at B: (x0 + x1 cos s) + cos p (y0 + y1 cos s) + sin p z1 sin s = 0.
struct Coefficients {
    x: [f64; 2],
    y: [f64; 2],
    z: f64,
}

/// A condition at an end: constant + cosine cos + sine sin = 0 of the azimuth p or s.
#[derive(Clone, Copy)]
struct Linear {
    constant: f64,
    cosine: f64,
    sine: f64,
}

impl Linear {
    /// Squared amplitude.
    fn square(&self) -> f64 {
        self.cosine * self.cosine + self.sine * self.sine
    }

    fn value(&self, [cosine, sine]: [f64; 2]) -> f64 {
        self.constant + self.cosine * cosine + self.sine * sine
    }

    fn slope(&self, [cosine, sine]: [f64; 2]) -> f64 {
        self.sine * cosine - self.cosine * sine
    }

    /// Cosine and sine of both solutions, the double one where they have just met; none where they are far from real.
    fn solutions(&self) -> Option<[[f64; 2]; 2]> {
        let square = self.square();
        let rest = square - self.constant * self.constant;
        if rest < -0.05 * square {
            return None;
        }
        let root = rest.max(0.0).sqrt();
        let [even, odd] = [-self.constant / square, root / square];
        Some([1.0, -1.0].map(|sign| {
            [
                even * self.cosine - sign * odd * self.sine,
                even * self.sine + sign * odd * self.cosine,
            ]
        }))
    }
}

/// The conditions at A and C for one alpha, with their derivatives by it.
struct AtAlpha {
    first: Linear,
    last: Linear,
    first_slope: Linear,
    last_slope: Linear,
}

impl<'a> Triangle<'a> {
    /// None where the bars do not reach from A to C.
    fn new(ends: &'a Ends, bars: [&'a Bar; 2]) -> Option<Self> {
        let line = ends.hinges[1] - ends.hinges[0];
        let distance = line.norm();
        let [one, other] = bars.map(|bar| bar.length);
        if distance >= one + other || distance <= (one - other).abs() {
            return None;
        }
        let along = line / distance;
        let aside = if along.x.abs() < 0.7 {
            Point::x()
        } else {
            Point::y()
        };
        let across = (aside - aside.dot(&along) * along).normalize();
        let frame = [along, across, along.cross(&across)];
        let cosine_a = (one * one + distance * distance - other * other) / (2.0 * one * distance);
        let sine_a = (1.0 - cosine_a * cosine_a).max(0.0).sqrt();
        let [cosine_c, sine_c] = [(distance - one * cosine_a) / other, one * sine_a / other];
        let bend = [
            cosine_a * cosine_c - sine_a * sine_c,
            sine_a * cosine_c + cosine_a * sine_c,
        ];
        let [n, c] = [&bars[0].last, &bars[1].first];
        Some(Self {
            ends,
            bars,
            frame,
            at: [[cosine_a, sine_a], [cosine_c, sine_c]],
            components: ends.bonds.map(|bond| frame.map(|axis| axis.dot(&bond))),
            coefficients: Coefficients {
                x: [
                    n.along * c.along * bend[0] - ends.cosines[1],
                    n.along * c.across * bend[1],
                ],
                y: [-n.across * c.along * bend[1], n.across * c.across * bend[0]],
                z: n.across * c.across,
            },
        })
    }

    /// The conditions at the ends where B is at alpha.
    fn at(&self, [cosine, sine]: [f64; 2]) -> AtAlpha {
        // Components of the ends' bonds along the line, towards B, and across the triangle.
        let [
            [along_a, towards_a, across_a],
            [along_c, towards_c, across_c],
        ] = self
            .components
            .map(|[along, x, y]| [along, x * cosine + y * sine, y * cosine - x * sine]);
        let [[cosine_a, sine_a], [cosine_c, sine_c]] = self.at;
        let (n, c) = (&self.bars[1].last, &self.bars[0].first);
        let [twist_cosine, twist_sine] = self.bars[0].twist;
        // In the azimuth of the bar's first bond; p is larger by the twist.
        let first = |constant: f64, cosine: f64, sine: f64| Linear {
            constant: c.along * constant,
            cosine: c.across * (cosine * twist_cosine - sine * twist_sine),
            sine: c.across * (cosine * twist_sine + sine * twist_cosine),
        };
        let [back_cosine, back_sine] = self.bars[1].twist;
        // In the azimuth of the bar's last bond, which is larger than s by the twist.
        let last = |constant: f64, cosine: f64, sine: f64| Linear {
            constant: n.along * constant,
            cosine: n.across * (cosine * back_cosine + sine * back_sine),
            sine: n.across * (sine * back_cosine - cosine * back_sine),
        };
        let shifted = |linear: Linear, cosine: f64| Linear {
            constant: linear.constant - cosine,
            ..linear
        };
        AtAlpha {
            first: shifted(
                first(
                    cosine_a * along_a + sine_a * towards_a,
                    cosine_a * towards_a - sine_a * along_a,
                    across_a,
                ),
                self.ends.cosines[0],
            ),
            last: shifted(
                last(
                    cosine_c * along_c - sine_c * towards_c,
                    cosine_c * towards_c + sine_c * along_c,
                    across_c,
                ),
                self.ends.cosines[2],
            ),
            // d towards / d alpha = across, d across / d alpha = -towards.
            first_slope: first(sine_a * across_a, cosine_a * across_a, -towards_a),
            last_slope: last(-sine_c * across_c, cosine_c * across_c, -towards_c),
        }
    }

    /// F(alpha): the condition at B multiplied over the four pairs of solutions at the ends, real ones or not.
    fn product(&self, alpha: [f64; 2]) -> f64 {
        let AtAlpha { first, last, .. } = self.at(alpha);
        let (r, a, b, c) = (first.square(), first.constant, first.cosine, first.sine);
        let Coefficients { x, y, z } = &self.coefficients;
        let (y_square, z_square) = (a * a - c * c, a * a - b * b);
        let (xy, xz, yz) = (-2.0 * a * b, -2.0 * a * c, 2.0 * b * c);
        // Over both p: k0 + k1 cos s + k2 sin s + k3 cos^2 s + k4 cos s sin s + k5 sin^2 s.
        let k0 = r * x[0] * x[0] + xy * x[0] * y[0] + y_square * y[0] * y[0];
        let k1 =
            2.0 * (r * x[0] * x[1] + y_square * y[0] * y[1]) + xy * (x[0] * y[1] + x[1] * y[0]);
        let k2 = z * (xz * x[0] + yz * y[0]);
        let k3 = r * x[1] * x[1] + xy * x[1] * y[1] + y_square * y[1] * y[1];
        let k4 = z * (xz * x[1] + yz * y[1]);
        let k5 = z_square * z * z;
        // Over both s, cos s = (even_c -+ odd_c d) / q and sin s = (even_s -+ odd_s d) / q with d^2 = q - constant^2.
        let q = last.square();
        let rest = q - last.constant * last.constant;
        let [even_c, even_s] = [-last.constant * last.cosine, -last.constant * last.sine];
        let [odd_c, odd_s] = [-last.sine, last.cosine];
        let even = k0 * q * q
            + q * (k1 * even_c + k2 * even_s)
            + k3 * (even_c * even_c + odd_c * odd_c * rest)
            + k4 * (even_c * even_s + odd_c * odd_s * rest)
            + k5 * (even_s * even_s + odd_s * odd_s * rest);
        let odd = q * (k1 * odd_c + k2 * odd_s)
            + 2.0 * k3 * even_c * odd_c
            + k4 * (even_c * odd_s + odd_c * even_s)
            + 2.0 * k5 * even_s * odd_s;
        (even * even - rest * odd * odd) / (q * q)
    }

    /// The condition at B with its derivatives by p and s.
    fn middle(&self, p: [f64; 2], s: [f64; 2]) -> [f64; 3] {
        let Coefficients { x, y, z } = &self.coefficients;
        let with_cosine = y[0] + y[1] * s[0];
        [
            x[0] + x[1] * s[0] + p[0] * with_cosine + z * p[1] * s[1],
            z * p[0] * s[1] - p[1] * with_cosine,
            z * p[1] * s[0] - s[1] * (x[1] + p[0] * y[1]),
        ]
    }

    /// Angles alpha, p, s of a closed chain, by Newton's method.
    fn polished(&self, mut angles: Vector3<f64>) -> Option<Vector3<f64>> {
        for _ in 0..30 {
            let [alpha, p, s] = [angles.x, angles.y, angles.z].map(circle);
            let at = self.at(alpha);
            let [middle, by_p, by_s] = self.middle(p, s);
            let residual = Vector3::new(at.first.value(p), middle, at.last.value(s));
            let worst = residual.amax();
            if worst < CLOSED {
                return Some(angles);
            }
            #[rustfmt::skip]
            let slopes = Matrix3::new(
                at.first_slope.value(p), at.first.slope(p), 0.0,
                0.0, by_p, by_s,
                at.last_slope.value(s), 0.0, at.last.slope(s),
            );
            let step = slopes.try_inverse()? * residual;
            let size = step.amax();
            angles -= step * (0.3 / size).min(1.0);
            if size < 1e-12 && worst < NEARLY_CLOSED {
                return Some(angles);
            }
        }
        None
    }

    fn closure(&self, angles: &Vector3<f64>) -> Closure {
        let [[cosine, sine], p, s] = [angles.x, angles.y, angles.z].map(circle);
        let [along, x, y] = self.frame;
        let towards = cosine * x + sine * y;
        let across = along.cross(&towards);
        let [[cosine_a, sine_a], [cosine_c, sine_c]] = self.at;
        let lines = [
            cosine_a * along + sine_a * towards,
            cosine_c * along - sine_c * towards,
        ];
        let sides = [
            cosine_a * towards - sine_a * along,
            cosine_c * towards + sine_c * along,
        ];
        let [first, last] = self.ends.hinges;
        let hinge = first + self.bars[0].length * lines[0];
        let atom = |bar: usize, bond: &Bond, from: Point, azimuth: [f64; 2]| {
            let aside = azimuth[0] * sides[bar] + azimuth[1] * across;
            from + bond.length * (bond.along * lines[bar] + bond.across * aside)
        };
        let turned = |[cosine, sine]: [f64; 2], [twist_cosine, twist_sine]: [f64; 2]| {
            [
                cosine * twist_cosine - sine * twist_sine,
                sine * twist_cosine + cosine * twist_sine,
            ]
        };
        let [one, two] = self.bars;
        let back = [one.twist[0], -one.twist[1]];
        Closure {
            hinge,
            atoms: [
                [
                    atom(0, &one.first, first, turned(p, back)),
                    atom(0, &one.last, hinge, p),
                ],
                [
                    atom(1, &two.first, hinge, s),
                    atom(1, &two.last, last, turned(s, two.twist)),
                ],
            ],
        }
    }
}

/// All ways to join two bars to the ends, at most 16, in no order that depends on how the chain is.
pub(crate) fn closures(ends: &Ends, bars: [&Bar; 2]) -> Vec<Closure> {
    let Some(triangle) = Triangle::new(ends, bars) else {
        return Vec::new();
    };
    let mut found: Vec<Vector3<f64>> = Vec::new();
    for alpha in roots(|alpha| triangle.product(alpha)) {
        let at = triangle.at(circle(alpha));
        let (Some(firsts), Some(lasts)) = (at.first.solutions(), at.last.solutions()) else {
            continue;
        };
        let pairs = firsts.map(|p| lasts.map(|s| (triangle.middle(p, s)[0].abs(), p, s)));
        let pairs = pairs.as_flattened();
        // One pair meets the condition at B, near enough; rarely two do.
        let least = pairs
            .iter()
            .fold(f64::INFINITY, |least, pair| least.min(pair.0));
        for (_, p, s) in pairs.iter().filter(|pair| pair.0 <= least.max(ANOTHER)) {
            let start = Vector3::new(alpha, p[1].atan2(p[0]), s[1].atan2(s[0]));
            let Some(angles) = triangle.polished(start) else {
                continue;
            };
            let is_new = |other: &Vector3<f64>| {
                (angles - other)
                    .iter()
                    .any(|turn| (0.5 * turn).sin().abs() > SAME)
            };
            if found.iter().all(is_new) && found.len() < MOST_CLOSURES {
                found.push(angles);
            }
        }
    }
    found
        .iter()
        .map(|angles| triangle.closure(angles))
        .collect()
}
