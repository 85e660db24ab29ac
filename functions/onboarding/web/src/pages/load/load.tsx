import { useMemo, useRef, useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { useSeries, useSettings, useSync, versionOf } from '../../api/queries';
import { count } from '../../format/number';
import { routes } from '../../app/routes';
import type { Units } from '../../format/units';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Empty, Loaded } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';
import { PanelCard } from './panel';
import { isRatio, panelsOf, ratios, type Ratio } from './panels';
import { RangePicker } from './range';
import { Reading } from './reading';
import { viewOf } from './view';
import { WeekTable } from './week-table';
import './load.css';

type LoadMetric = 'trimp' | 'tss';

/** The daily series: fitness and fatigue, this week against the last four, and all that belongs to them. */
export function LoadPage() {
  const sync = useSync();
  const settings = useSettings();
  const [metric, setMetric] = useState<LoadMetric>('trimp');
  const [ratio, setRatio] = useState<Ratio>('acwr');
  const answer = useSeries(versionOf(sync.data), undefined, metric);
  // What was shown stays until the other load is there, and with it the days that were chosen.
  const shown = useRef(answer.data);
  shown.current = answer.data ?? shown.current;
  return (
    <Page
      title="Training load"
      aside={(
        <div class="row choosing">
          <label class="small">Load by <select value={metric} onChange={(event) => setMetric(event.currentTarget.value as LoadMetric)}><option value="trimp">heart rate (TRIMP)</option><option value="tss">threshold (TSS)</option></select></label>
          <label class="small">Ratio <select value={ratio} onChange={(event) => isRatio(event.currentTarget.value) && setRatio(event.currentTarget.value)}>{ratios.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select></label>
        </div>
      )}
    >
      <Loaded from={{ ...answer, data: shown.current }} heights={[9, 24, 12, 16]}>
        {(load) => (load.series.trimp.values.length === 0
          ? <Empty title="No training yet" actions={sync.data?.phase === 'idle' && <ConnectWithStrava />}>As soon as activities are in, their load appears here.</Empty>
          : <Charts load={load} units={(settings.data?.units ?? 'metric') as Units} ratio={ratio} />)}
      </Loaded>
    </Page>
  );
}

function Charts({ load, units, ratio }: { load: Schemas['TrainingLoad']; units: Units; ratio: Ratio }) {
  const { series, meta } = load;
  const days = series.trimp.values.length;
  const view = useMemo(() => viewOf(series.first, days), [series.first, days]);
  const panels = useMemo(() => panelsOf(series, units, ratio), [series, units, ratio]);
  return (
    <>
      {meta.activities > 0 && meta.unscored === meta.activities ? (
        <Notice kind="warn" title="None of your activities has a load" actions={<a href={routes.settings}>Your thresholds</a>}>
          {series.settings.load === 'tss' ? 'This load needs your thresholds: of heart rate, power or pace.' : 'No heart rate was recorded, or your own heart rates are not known. What rests on distance is shown all the same.'}
        </Notice>
      ) : (meta.provisional > 0 || meta.unscored > 0) && (
        <p class="small muted">
          {[
            meta.provisional > 0 && `${count(meta.provisional, 'activity has', 'activities have')} a provisional load from the average heart rate until their samples are read`,
            meta.unscored > 0 && `${count(meta.unscored, 'activity has', 'activities have')} no load and count 0, so sums around them are too low`,
          ].filter(Boolean).join('; ')}.
        </p>
      )}
      <RangePicker series={series} view={view} />
      <div class="panels">{panels.map((panel) => <PanelCard key={panel.title} panel={panel} view={view} />)}</div>
      <Reading panels={panels} series={series} view={view} />
      <WeekTable series={series} view={view} units={units} />
    </>
  );
}
