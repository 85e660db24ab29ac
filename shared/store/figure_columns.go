package store

import "github.com/train-d/train-d/shared/training"

// figureColumns are the figures of many activities as arrays that one statement unnests, in the order of arrays: the whole
// of them as text, and beside them what the day sums are made of.
type figureColumns struct {
	figures             [][]byte
	trimps, tss, kms    []*float64
	qualities           []string
	versions            []int32
	low, moderate, high []*int32
	peaks               []*int16
}

func newFigureColumns(n int) figureColumns {
	return figureColumns{
		figures: make([][]byte, n),
		trimps:  make([]*float64, n), tss: make([]*float64, n), kms: make([]*float64, n),
		qualities: make([]string, n), versions: make([]int32, n),
		low: make([]*int32, n), moderate: make([]*int32, n), high: make([]*int32, n), peaks: make([]*int16, n),
	}
}

// put writes the figures of the activity with the given index, whose text is made already.
func (c *figureColumns) put(i int, figures *training.Figures, text []byte) {
	c.figures[i] = text
	c.trimps[i], c.tss[i], c.kms[i] = figures.TRIMP.Pointer(), figures.TSS.Pointer(), figures.ExternalKm.Pointer()
	c.qualities[i], c.versions[i] = string(figures.Quality), int32(figures.FormulaVersion)
	c.low[i], c.moderate[i], c.high[i] = intensity(figures)
	c.peaks[i] = peak(figures)
}

func (c *figureColumns) arrays() []any {
	return []any{c.figures, c.trimps, c.tss, c.kms, c.qualities, c.versions, c.low, c.moderate, c.high, c.peaks}
}

// intensity gives the seconds in each phase; nil where the heart rate does not tell them.
func intensity(figures *training.Figures) (low, moderate, high *int32) {
	if !figures.Lucia.Known {
		return nil, nil, nil
	}
	seconds := figures.LuciaS
	return new(int32(seconds[0])), new(int32(seconds[1])), new(int32(seconds[2]))
}

// peak gives the highest heart rate in whole beats; nil where it is not believed.
func peak(figures *training.Figures) *int16 {
	if !figures.PeakHR.Known {
		return nil
	}
	return new(int16(figures.PeakHR.Value))
}
