//! The skeletons of handwritten digits as people in Japan write them, in a unit box (x right, y down).

/// A polyline or smooth curve through its points.
pub type Stroke = &'static [(f64, f64)];

/// The strokes of one way to write a digit.
pub type Skeleton = &'static [Stroke];

/// The ways to write `digit` (0..=9); the first is the commonest.
///
/// # Panics
/// When `digit` is over 9.
pub fn ways(digit: u8) -> &'static [Skeleton] {
    const ZERO: &[Skeleton] = &[
        &[&[
            (0.32, 0.0),
            (0.08, 0.25),
            (0.05, 0.6),
            (0.25, 0.97),
            (0.5, 0.85),
            (0.6, 0.45),
            (0.5, 0.1),
            (0.3, 0.0),
        ]],
        &[&[
            (0.38, 0.02),
            (0.1, 0.18),
            (0.03, 0.55),
            (0.2, 0.95),
            (0.5, 0.95),
            (0.63, 0.5),
            (0.5, 0.08),
            (0.3, 0.03),
        ]],
    ];
    const ONE: &[Skeleton] =
        &[&[&[(0.32, 0.0), (0.3, 1.0)]], &[&[(0.18, 0.2), (0.34, 0.02)], &[(0.34, 0.02), (0.32, 1.0)]]];
    const TWO: &[Skeleton] = &[
        &[
            &[(0.06, 0.22), (0.2, 0.03), (0.45, 0.05), (0.52, 0.28), (0.32, 0.62), (0.04, 0.97)],
            &[(0.04, 0.97), (0.62, 0.95)],
        ],
        &[&[
            (0.06, 0.2),
            (0.25, 0.0),
            (0.52, 0.12),
            (0.45, 0.45),
            (0.2, 0.8),
            (0.06, 0.95),
            (0.1, 0.8),
            (0.3, 0.88),
            (0.62, 0.97),
        ]],
    ];
    const THREE: &[Skeleton] = &[&[
        &[(0.08, 0.1), (0.3, 0.0), (0.52, 0.16), (0.42, 0.4), (0.22, 0.46)],
        &[(0.22, 0.46), (0.5, 0.54), (0.58, 0.78), (0.35, 1.0), (0.05, 0.9)],
    ]];
    const FOUR: &[Skeleton] = &[
        &[&[(0.36, 0.0), (0.02, 0.64)], &[(0.02, 0.64), (0.66, 0.64)], &[(0.46, 0.32), (0.44, 1.0)]],
        &[&[(0.42, 0.0), (0.02, 0.66)], &[(0.02, 0.66), (0.66, 0.64)], &[(0.44, 0.0), (0.44, 1.0)]],
    ];
    const FIVE: &[Skeleton] = &[&[
        &[(0.14, 0.03), (0.1, 0.44)],
        &[(0.1, 0.44), (0.35, 0.36), (0.58, 0.58), (0.5, 0.9), (0.25, 1.0), (0.04, 0.9)],
        &[(0.14, 0.03), (0.58, 0.02)],
    ]];
    const SIX: &[Skeleton] = &[&[&[
        (0.42, 0.0),
        (0.16, 0.32),
        (0.06, 0.7),
        (0.22, 0.99),
        (0.5, 0.92),
        (0.55, 0.65),
        (0.34, 0.52),
        (0.1, 0.68),
    ]]];
    const SEVEN: &[Skeleton] = &[
        &[&[(0.06, 0.04), (0.58, 0.03)], &[(0.58, 0.03), (0.4, 0.4), (0.28, 1.0)]],
        &[
            &[(0.08, 0.28), (0.07, 0.05)],
            &[(0.07, 0.05), (0.58, 0.04)],
            &[(0.58, 0.04), (0.42, 0.4), (0.34, 1.0)],
        ],
    ];
    const EIGHT: &[Skeleton] = &[&[&[
        (0.5, 0.12),
        (0.28, 0.0),
        (0.1, 0.18),
        (0.3, 0.45),
        (0.55, 0.72),
        (0.4, 0.98),
        (0.14, 0.94),
        (0.08, 0.72),
        (0.32, 0.46),
        (0.52, 0.2),
        (0.46, 0.08),
    ]]];
    const NINE: &[Skeleton] = &[
        &[
            &[(0.54, 0.16), (0.3, 0.0), (0.08, 0.2), (0.2, 0.46), (0.46, 0.4), (0.55, 0.14)],
            &[(0.55, 0.14), (0.52, 0.55), (0.4, 1.0)],
        ],
        &[
            &[(0.52, 0.2), (0.28, 0.0), (0.08, 0.22), (0.24, 0.48), (0.5, 0.36), (0.53, 0.12)],
            &[(0.53, 0.12), (0.53, 1.0)],
        ],
    ];
    [ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE][usize::from(digit)]
}

/// Points of a smooth curve (centripetal enough: uniform Catmull-Rom) through `points`.
pub fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const STEPS: usize = 8;
    if points.len() < 3 {
        return points.to_vec();
    }
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut curve = Vec::with_capacity(points.len() * STEPS);
    for i in 0..points.len() as isize - 1 {
        let (p0, p1, p2, p3) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        for step in 0..STEPS {
            let t = step as f64 / STEPS as f64;
            let blend = |a: f64, b: f64, c: f64, d: f64| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            curve.push((blend(p0.0, p1.0, p2.0, p3.0), blend(p0.1, p1.1, p2.1, p3.1)));
        }
    }
    curve.push(points[points.len() - 1]);
    curve
}
