import type uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import './chart.css';

/** A colour of the theme by its variable's name, as charts need it: resolved for the scheme of now. */
export type Palette = (name: string) => string;

interface Props {
  /** What the chart shows to those who cannot see it. */
  label: string;
  height: number;
  data: uPlot.AlignedData;
  /** Everything but the size; made anew when the colour scheme changes. */
  options: (colour: Palette, Plot: typeof uPlot) => Omit<uPlot.Options, 'width' | 'height'>;
  /** Another value makes the chart anew; data alone is only drawn anew. */
  shape?: string;
}

/** A time series: uPlot, brought when first needed, as wide as its place and in the colours of the theme. */
export function Chart({ label, height, data, options, shape }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [scheme, setScheme] = useState(0);

  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setScheme((n) => n + 1);
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  }, []);

  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    void import('uplot').then(({ default: Plot }) => {
      const element = place.current;
      if (gone || !element) return;
      plot.current = new Plot({ ...options(paletteOf(element), Plot), width: element.clientWidth, height }, data, element);
      watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
      watch.observe(element);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [scheme, shape, height]);

  useEffect(() => plot.current?.setData(data), [data]);

  return <div class="chart" role="img" aria-label={label} ref={place} style={{ minHeight: `${height}px` }} />;
}

/** Resolves light-dark() and references, which a canvas does not know. */
function paletteOf(element: HTMLElement): Palette {
  return (name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(--${name})`;
    element.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
}
