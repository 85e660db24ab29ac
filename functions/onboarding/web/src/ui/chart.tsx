import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import './chart.css';

/** A colour of the theme by its variable's name, as charts need it: resolved for the scheme of now. */
export type Palette = (name: string) => string;

/** A stretch of x values, both ends included. */
export type Span = readonly [min: number, max: number];

interface Props {
  /** What the chart shows to those who cannot see it. */
  label: string | ReadonlySignal<string>;
  height: number;
  data: uPlot.AlignedData;
  /** Everything but the size; made anew when the colour scheme changes. */
  options: (colour: Palette, Plot: typeof uPlot) => Omit<uPlot.Options, 'width' | 'height'>;
  /** Another value makes the chart anew; data alone is only drawn anew. */
  shape?: string;
  /** The part that is drawn: everything where it is absent. */
  span?: ReadonlySignal<Span>;
  /** A part that is marked, with everything drawn. */
  marked?: ReadonlySignal<Span>;
  /** The place that the pointer is at, as an index of the data: charts with one signal move their crosshairs together. */
  cursor?: Signal<number | null>;
  /** Called with where the pointer is, in pixels, and undefined when it leaves. */
  onHover?: (left: number | undefined, width: number) => void;
  /** Called with the part that was dragged over. */
  onSelect?: (min: number, max: number) => void;
  /** Called on a double click. */
  onReset?: () => void;
}

/** The least drag in pixels that is meant as a choice and not as a click. */
const leastDrag = 6;

/** A time series: uPlot, brought when first needed, as wide as its place and in the colours of the theme. */
export function Chart(props: Props) {
  const { label, height, data, shape } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
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
    let unfollow: (() => void) | undefined;
    void import('uplot').then(({ default: Plot }) => {
      const element = place.current;
      if (gone || !element) return;
      const options = latest.current.options(paletteOf(element), Plot);
      const made = new Plot({
        ...following(options, latest, (ready) => (unfollow = follow(ready, latest))), width: element.clientWidth, height,
      }, latest.current.data, element);
      plot.current = made;
      watch = new ResizeObserver(() => {
        if (element.clientWidth === made.width) return;
        made.setSize({ width: element.clientWidth, height });
        mark(made, latest.current.marked?.peek());
      });
      watch.observe(element);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      unfollow?.();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [scheme, shape, height, props.span, props.marked, props.cursor]);

  useEffect(() => {
    const drawn = plot.current;
    if (!drawn || drawn.data === data) return;
    const { span, marked } = latest.current;
    drawn.setData(data, !span);
    if (span) drawn.setScale('x', { min: span.peek()[0], max: span.peek()[1] });
    mark(drawn, marked?.peek());
  }, [data]);

  return <div class="chart" role="img" aria-label={label} ref={place} style={{ minHeight: `${height}px` }} />;
}

type Latest = { current: Props };

/** The options with what the pointer does; `ready` is called once there are scales to place things by. */
function following(options: Omit<uPlot.Options, 'width' | 'height'>, latest: Latest, ready: (u: uPlot) => void): Omit<uPlot.Options, 'width' | 'height'> {
  const { span } = latest.current;
  const first = span?.peek();
  return {
    ...options,
    legend: { show: false },
    scales: { ...options.scales, x: { time: false, ...options.scales?.x, ...(first && { min: first[0], max: first[1] }) } },
    cursor: {
      y: false,
      ...options.cursor,
      drag: { x: latest.current.onSelect !== undefined, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          latest.current.onReset?.();
          return null;
        },
      },
    },
    hooks: {
      ...options.hooks,
      ready: [ready],
      setCursor: [(u) => {
        const { cursor, onHover } = latest.current;
        const inside = (u.cursor.left ?? -1) >= 0;
        if (cursor) cursor.value = inside ? (u.cursor.idx ?? null) : null;
        onHover?.(inside ? u.cursor.left : undefined, u.over.clientWidth);
      }],
      setSelect: [(u) => {
        const { left, width } = u.select;
        if (width < leastDrag) return;
        const chosen = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')] as const;
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        latest.current.onSelect?.(...chosen);
        mark(u, latest.current.marked?.peek());
      }],
    },
  };
}

/**
 * Keeps a chart at the span, the mark and the crosshair that it shares with others; gives what ends that. One that is out of
 * sight waits until it is seen: drawing a page of charts at once would keep a hand waiting.
 */
function follow(made: uPlot, latest: Latest): () => void {
  const { span, marked, cursor } = latest.current;
  const seen = signal(false);
  const watch = new IntersectionObserver((entries) => (seen.value = entries.at(-1)!.isIntersecting), { rootMargin: '25%' });
  watch.observe(made.root);
  let drawn: Span | undefined;
  const ends = [
    span && effect(() => {
      if (!seen.value || drawn === span.value) return;
      drawn = span.value;
      inTurn(made, () => made.setScale('x', { min: drawn![0], max: drawn![1] })); // the first time too: y follows what is shown only from here on
    }),
    marked && effect(() => mark(made, marked.value)),
    cursor && effect(() => {
      const at = cursor.value;
      if (!seen.value) return;
      if (at === (made.cursor.idx ?? null)) return;
      const x = at === null ? undefined : made.data[0][at];
      made.setCursor({ left: x === undefined ? -10 : made.valToPos(x, 'x'), top: x === undefined ? -10 : 0 }, false);
    }),
  ];
  return () => {
    watch.disconnect();
    waiting.delete(made);
    ends.forEach((end) => end?.());
  };
}

/** What charts have to draw, each once. */
const waiting = new Map<uPlot, () => void>();

/** Draws charts one after the other, each in a frame of its own: a hand sees the first of them move at once. */
function inTurn(made: uPlot, draw: () => void): void {
  const idle = waiting.size === 0;
  waiting.set(made, draw);
  if (idle) requestAnimationFrame(drawNext);
}

function drawNext(): void {
  const [next] = waiting;
  if (!next) return; // its chart is gone
  waiting.delete(next[0]);
  next[1]();
  if (waiting.size > 0) requestAnimationFrame(drawNext);
}

/** Lays the selection over a part. */
function mark(made: uPlot, part: Span | undefined): void {
  if (!part) return;
  const left = Math.max(0, made.valToPos(part[0], 'x'));
  const right = Math.min(made.over.clientWidth, made.valToPos(part[1], 'x'));
  made.setSelect({ left, top: 0, width: Math.max(2, right - left), height: made.over.clientHeight }, false);
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
