package store

import (
	"encoding/binary"
	"math/bits"
)

// packSeries writes one bit for the order of the differences, then the blocks. It overwrites series.
func packSeries(w *bitWriter, series []int64) {
	differences(series)
	second := append(make([]int64, 0, len(series)), series...)
	differences(second)
	if magnitude(second) < magnitude(series) {
		w.write(1, 1)
		series = second
	} else {
		w.write(0, 1)
	}
	for start := 0; start < len(series); start += blockSamples {
		packBlock(w, series[start:min(start+blockSamples, len(series))])
	}
}

func unpackSeries(r *bitReader, series []int64) {
	second := r.read(1) == 1
	for start := 0; start < len(series) && !r.broken; start += blockSamples {
		unpackBlock(r, series[start:min(start+blockSamples, len(series))])
	}
	sums(series)
	if second {
		sums(series)
	}
}

// differences wrap around, so that every series comes back.
func differences(series []int64) {
	var last int64
	for i, value := range series {
		series[i] = value - last
		last = value
	}
}

func sums(series []int64) {
	var sum int64
	for i, value := range series {
		sum += value
		series[i] = sum
	}
}

// zigzag puts small numbers of either sign first: 0, −1, 1, −2, …
func zigzag(value int64) uint64 { return uint64(value)<<1 ^ uint64(value>>63) }

func unzigzag(value uint64) int64 { return int64(value>>1) ^ -int64(value&1) }

// magnitude is what decides between two series: the bits of a Rice code grow with it.
func magnitude(series []int64) uint64 {
	var sum uint64
	for _, value := range series {
		sum += min(zigzag(value), 1<<40) // more is escaped anyhow, and the sum can't wrap
	}
	return sum
}

// riceParameter is the number of low bits that a block's values are best split at.
func riceParameter(block []int64) int {
	sum := magnitude(block)
	if sum == 0 {
		return blockOfZeros
	}
	// The best one lies at or just below the mean's own length.
	guess := min(bits.Len64(sum/uint64(len(block))), highestRice)
	parameter, cost := guess, -1
	for candidate := max(guess-2, 0); candidate <= guess; candidate++ {
		if tried := blockBits(block, candidate); cost < 0 || tried < cost {
			parameter, cost = candidate, tried
		}
	}
	return parameter
}

func blockBits(block []int64, parameter int) int {
	total := len(block) * (1 + parameter)
	for _, value := range block {
		quotient := zigzag(value) >> parameter
		if quotient >= escapeBits {
			quotient = escapeBits + 64
		}
		total += int(quotient)
	}
	return total
}

func packBlock(w *bitWriter, block []int64) {
	parameter := riceParameter(block)
	w.write(uint64(parameter), 5)
	if parameter == blockOfZeros {
		return
	}
	for _, value := range block {
		folded := zigzag(value)
		quotient := folded >> parameter
		if quotient >= escapeBits {
			w.write(1<<escapeBits-1, escapeBits)
			w.write(folded, 64)
			continue
		}
		w.write(1<<quotient-1, int(quotient)+1) // the quotient in ones, then a zero; low bits go first
		w.write(folded&(1<<parameter-1), parameter)
	}
}

func unpackBlock(r *bitReader, block []int64) {
	parameter := int(r.read(5))
	if parameter == blockOfZeros {
		clear(block)
		return
	}
	for i := range block {
		quotient := r.ones(escapeBits)
		if quotient == escapeBits {
			block[i] = unzigzag(r.read(64))
		} else {
			block[i] = unzigzag(uint64(quotient)<<parameter | r.read(parameter))
		}
		if r.broken {
			return
		}
	}
}

// bitWriter appends bits to bytes, the low bits of a value first.
type bitWriter struct {
	bytes  []byte
	buffer uint64
	filled int // bits in buffer, always below 64
}

func (w *bitWriter) write(value uint64, count int) {
	w.buffer |= value << w.filled
	if w.filled+count < 64 {
		w.filled += count
		return
	}
	w.bytes = binary.LittleEndian.AppendUint64(w.bytes, w.buffer)
	written := 64 - w.filled
	w.buffer = 0
	if written < 64 {
		w.buffer = value >> written
	}
	w.filled = count - written
}

func (w *bitWriter) finish() []byte {
	for w.filled > 0 {
		w.bytes = append(w.bytes, byte(w.buffer))
		w.buffer >>= 8
		w.filled -= 8
	}
	return w.bytes
}

// bitReader reads what bitWriter wrote. Reading past the end gives zeros and marks it as broken.
type bitReader struct {
	bytes  []byte
	buffer uint64
	filled int
	broken bool
}

// fill leaves at least 56 bits in the buffer, where so many are left at all.
func (r *bitReader) fill() {
	for r.filled <= 56 && len(r.bytes) > 0 {
		r.buffer |= uint64(r.bytes[0]) << r.filled
		r.bytes = r.bytes[1:]
		r.filled += 8
	}
}

func (r *bitReader) read(count int) uint64 {
	if count > 32 {
		low := r.read(32)
		return low | r.read(count-32)<<32
	}
	if r.filled < count {
		r.fill()
		if r.filled < count {
			r.broken = true
			return 0
		}
	}
	value := r.buffer & (1<<count - 1)
	r.buffer >>= count
	r.filled -= count
	return value
}

// ones counts the ones up to the next zero, which is read too; at most most ones are read.
func (r *bitReader) ones(most int) int {
	if r.filled <= most {
		r.fill()
	}
	count := min(bits.TrailingZeros64(^r.buffer), most)
	length := count
	if count < most {
		length++
	}
	if r.filled < length {
		r.broken = true
		return 0
	}
	r.buffer >>= length
	r.filled -= length
	return count
}
