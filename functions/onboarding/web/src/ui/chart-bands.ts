// What lies behind the lines of a chart: bands with their names, and a line at zero.
import type uPlot from 'uplot';
import type { Palette } from './chart';

/** A stretch of y values that has a name. */
export interface Band {
  from: number;
  to: number;
  name: string;
  /** A colour of the theme. */
  colour: string;
}

/** Draws bands behind everything else, each named at its right end where there is room for words. */
export const behind = (bands: readonly Band[], colour: Palette) => (u: uPlot) => {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const band of bands) {
    const upper = Math.max(top, u.valToPos(band.to, 'y', true));
    const lower = Math.min(top + height, u.valToPos(band.from, 'y', true));
    if (lower <= upper) continue;
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = colour(band.colour);
    ctx.fillRect(left, upper, width, lower - upper);
    if (lower - upper < 15 * ratio || width < 260 * ratio) continue;
    ctx.globalAlpha = 0.85;
    ctx.fillText(band.name, left + width - 6 * ratio, (upper + lower) / 2);
  }
  ctx.restore();
};

/** Draws the line of a value, such as zero, behind everything else. */
export const lineAt = (value: number, colour: string) => (u: uPlot) => {
  const { ctx } = u;
  const y = Math.round(u.valToPos(value, 'y', true)) + 0.5;
  if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(u.bbox.left, y);
  ctx.lineTo(u.bbox.left + u.bbox.width, y);
  ctx.stroke();
  ctx.restore();
};
