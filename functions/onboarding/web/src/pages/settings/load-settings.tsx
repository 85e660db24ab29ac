import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { number } from '../../format/number';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Check, Labelled } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Explain } from '../../explain/explain';
import { Foretold } from './foretold';

type Settings = Schemas['Settings'];

/** The styles with where they speak up: ACWR high and low, strain by divergence, days without rest. */
const styles = [
  ['conservative', 'Conservative', 'speaks up early: ratio from 1.2 or below 0.85, divergence below −0.10, 6 days without rest'],
  ['balanced', 'Balanced', 'ratio from 1.3 or below 0.80, divergence below −0.15, 7 days without rest'],
  ['adaptive', 'Adaptive', 'ratio from 1.35 or below 0.80, divergence below −0.15, 7 days without rest'],
  ['aggressive', 'Aggressive', 'speaks up late: ratio from 1.5 or below 0.75, divergence below −0.20, 8 days without rest'],
] as const;

/** How load is shown and when it is spoken of. */
export function LoadSettings({ settings, onSaved }: { settings: Settings; onSaved: (settings: Settings) => void }) {
  const saving = useAction(async (values: FormData) => {
    setForetold(undefined);
    onSaved(await bodyOf(server.PATCH('/v1/settings', { body: patchOf(values) })));
  });
  const [foretold, setForetold] = useState<Schemas['Patch']>();
  const wrong = (field: string) => (saving.error instanceof Refused ? saving.error.field(field) : undefined);
  const { load } = settings;
  return (
    <form class="card stack" id="load" onSubmit={submitting(saving.run)} onInput={(event) => setForetold(patchOf(new FormData(event.currentTarget)))}>
      <h2>Load</h2>
      <fieldset class="styles">
        <legend>When Train-D speaks up</legend>
        {styles.map(([key, name, when]) => (
          <label key={key}><input type="radio" name="style" value={key} defaultChecked={load.recommendation_style === key} /><span><strong>{name}</strong> <span class="small muted">{when}</span></span></label>
        ))}
      </fieldset>
      <div class="row"><h3>Alerts</h3><Explain metric="acwr" /></div>
      <Check name="injury_risk_alerts" checked={load.injury_risk_alerts} label={<>Mark a steep rise of load, and strain, as an alert. <span class="small muted">They describe your load; nobody can predict an injury from it.</span></>} />
      <div class="columns">
        <Slider label="Alert above a ratio of" name="acwr_alert_threshold" min={1} max={2.5} step={0.05} value={load.acwr_alert_threshold} words={(value) => `the last week is ${number(value, 2)} times the last four`} wrong={wrong('load.acwr_alert_threshold')} />
      </div>
      <div class="row"><h3>The ratio with your own decay</h3><Explain metric="acwr_decayed" /></div>
      <div class="columns">
        <Slider label="Days it looks back" name="chronic_days" min={28} max={90} step={1} value={load.chronic_days} words={(value) => `${value} days`} wrong={wrong('load.chronic_days')} />
        <Slider label="How fast old days fade" name="decay_rate" min={0.01} max={0.2} step={0.01} value={load.decay_rate} words={(value) => `${number(value, 2)} a day: half after ${number(Math.LN2 / value)} days`} wrong={wrong('load.decay_rate')} />
      </div>
      <Foretold patch={foretold} />
      <Trouble error={saving.error} />
      <div class="row"><Button busy={saving.busy}>Save</Button></div>
    </form>
  );
}

/** All of the form's values, as a change. */
const patchOf = (values: FormData): Schemas['Patch'] => ({
  load: {
    chronic_days: Number(values.get('chronic_days')),
    decay_rate: Number(values.get('decay_rate')),
    recommendation_style: String(values.get('style')),
    acwr_alert_threshold: Number(values.get('acwr_alert_threshold')),
    injury_risk_alerts: values.has('injury_risk_alerts'),
  },
});

interface SliderProps {
  label: string;
  name: string;
  min: number;
  max: number;
  step: number;
  value: number;
  words: (value: number) => string;
  wrong?: string;
}

function Slider({ label, name, min, max, step, value, words, wrong }: SliderProps) {
  const [now, setNow] = useState(value);
  return (
    <Labelled label={label} hint={words(now)} wrong={wrong}>
      {(control) => <input {...control} type="range" class="slider" name={name} min={min} max={max} step={step} value={now} aria-valuetext={words(now)} onInput={(event) => setNow(Number(event.currentTarget.value))} />}
    </Labelled>
  );
}
