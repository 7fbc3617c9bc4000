//! Figures as a line of blocks.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One block for each figure: the lowest block only for 0, the highest for the largest figure.
pub(super) fn sparkline(figures: &[u64]) -> String {
    let greatest = figures.iter().copied().max().unwrap_or(0);
    figures.iter().map(|figure| block(*figure, greatest)).collect()
}

fn block(figure: u64, greatest: u64) -> char {
    if figure == 0 {
        return BLOCKS[0];
    }
    let steps = BLOCKS.len() as u128 - 1;
    let height = (u128::from(figure) * steps).div_ceil(u128::from(greatest));
    usize::try_from(height).ok().and_then(|height| BLOCKS.get(height)).copied().unwrap_or(BLOCKS[BLOCKS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_as_high_as_figures() {
        assert_eq!(sparkline(&[0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[0, 1, u64::MAX]), "▁▂█");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[5]), "█");
        assert_eq!(sparkline(&[]), "");
    }
}
