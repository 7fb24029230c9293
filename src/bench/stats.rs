//! Medians and means. It knows nothing of programs.

/// The middle of the values; between the two middle ones when their number is even.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// The steady state of a series: the median of its last half. Of an odd number the middle one belongs to that half.
pub(super) fn steady(series: &[f64]) -> Option<f64> {
    median(series.get(series.len() / 2..)?)
}

/// The geometric mean: of ratios, the only mean that does not depend on which side is the base.
pub(super) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|v| *v <= 0.0 || !v.is_finite()) {
        return None;
    }
    Some((values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[5.0]), Some(5.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 100.0, 2.0]), Some(3.0));
    }

    #[test]
    fn the_steady_state_leaves_the_first_half_out() {
        assert_eq!(steady(&[]), None);
        assert_eq!(steady(&[7.0]), Some(7.0));
        assert_eq!(steady(&[100.0, 3.0]), Some(3.0));
        assert_eq!(steady(&[100.0, 50.0, 4.0]), Some(27.0));
        assert_eq!(steady(&[100.0, 50.0, 3.0, 2.0, 4.0, 2.5]), Some(2.5));
    }

    #[test]
    fn the_geometric_mean_of_ratios_is_the_same_from_both_sides() {
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
        let mean = geometric_mean(&[0.5, 8.0]).expect("a mean");
        assert!((mean - 2.0).abs() < 1e-12);
        let other = geometric_mean(&[2.0, 0.125]).expect("a mean");
        assert!((mean * other - 1.0).abs() < 1e-12);
    }
}
