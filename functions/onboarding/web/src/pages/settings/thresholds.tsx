import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { day, dayIn } from '../../format/date';
import type { Units } from '../../format/units';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { rangeWords, thresholdKinds, typed, unitOf, written, type ThresholdKind } from './threshold-kinds';

type Settings = Schemas['Settings'];

interface Props {
  settings: Settings;
  /** Called when a change was taken. */
  onSaved: (settings: Settings) => void;
}

/** The athlete's thresholds as they hold today, each with its values of earlier days. */
export function Thresholds({ settings, onSaved }: Props) {
  const [editing, setEditing] = useState<ThresholdKind>();
  const units = settings.units as Units;
  return (
    <section class="card stack" id="thresholds">
      <h2>Thresholds</h2>
      <p class="muted small">What load is measured against. Each value holds from its day on, so that an old activity is measured by what you were then; the first one holds for the days before it too.</p>
      <ul class="thresholds">
        {thresholdKinds.map((kind) => <Row key={kind.kind} kind={kind} settings={settings} units={units} onEdit={() => setEditing(kind)} />)}
      </ul>
      {editing && <Edit kind={editing} settings={settings} units={units} onClose={() => setEditing(undefined)} onSaved={onSaved} />}
    </section>
  );
}

function Row({ kind, settings, units, onEdit }: { kind: ThresholdKind; settings: Settings; units: Units; onEdit: () => void }) {
  const { thresholds } = settings;
  const value = thresholds[kind.kind];
  const estimated = thresholds.estimated.includes(kind.kind);
  const dated = (thresholds.history ?? []).filter((one) => one.kind === kind.kind).sort((a, b) => a.effective_from.localeCompare(b.effective_from));
  return (
    <li>
      <div class="name"><h3>{kind.name}</h3><p class="small muted">{kind.hint}</p></div>
      <div class="value">
        <strong class="figure">{value === undefined ? 'not given' : `${written(kind, value, units)} ${unitOf(kind.measure, units)}`}</strong>
        {estimated && <span class="tag warn">estimated</span>}
      </div>
      <Button type="button" kind="quiet" small onClick={onEdit} aria-label={`Change: ${kind.name}`}>Change</Button>
      {dated.length > 1 && <Timeline kind={kind} dated={dated} units={units} />}
    </li>
  );
}

/** Values over the days, oldest first. */
function Timeline({ kind, dated, units }: { kind: ThresholdKind; dated: Schemas['DatedThreshold'][]; units: Units }) {
  return (
    <ol class="timeline small" aria-label={`${kind.name} over time`}>
      {dated.map((one, i) => (
        <li key={`${one.effective_from} ${one.sport ?? ''}`}>
          <strong class="figure">{written(kind, one.value, units)}</strong>
          <span class="muted">{i === 0 ? `until ${day(dated[1]!.effective_from)}` : `from ${day(one.effective_from)}`}{one.sport ? `, ${one.sport}` : ''}</span>
        </li>
      ))}
    </ol>
  );
}

function Edit({ kind, settings, units, onClose, onSaved }: Props & { kind: ThresholdKind; units: Units; onClose: () => void }) {
  const today = dayIn(settings.time_zone);
  const [wrong, setWrong] = useState<string>();
  const saving = useAction(async (values: FormData) => {
    const value = typed(kind, String(values.get('value')), units);
    const [least, greatest] = kind.range;
    if (value === undefined || value < least || value > greatest) {
      setWrong(`Give ${kind.measure === 'pace' || kind.measure === 'swim' ? 'minutes and seconds, such as 4:30, ' : 'a number '}in the range ${rangeWords(kind, units)}.`);
      return;
    }
    setWrong(undefined);
    onSaved(await bodyOf(server.PATCH('/v1/settings', { body: { thresholds: { [kind.kind]: value, effective_from: String(values.get('effective_from')) } } })));
    onClose();
  });
  const refused = saving.error instanceof Refused ? saving.error.field(`thresholds.${kind.kind}`) : undefined;
  const refusedDay = saving.error instanceof Refused ? saving.error.field('thresholds.effective_from') : undefined;
  const own = settings.thresholds.estimated.includes(kind.kind) ? undefined : settings.thresholds[kind.kind];
  return (
    <Dialog
      title={kind.name} onClose={onClose}
      actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form="threshold" busy={saving.busy}>Save</Button></>}
    >
      <form id="threshold" class="stack" onSubmit={submitting(saving.run)}>
        <Field label="Value" name="value" inputMode={kind.measure === 'pace' || kind.measure === 'swim' ? 'text' : 'decimal'} required value={own === undefined ? '' : written(kind, own, units)} unit={unitOf(kind.measure, units)} hint={`${kind.hint} ${rangeWords(kind, units)}.`} wrong={wrong ?? refused} />
        <Field label="Valid from" name="effective_from" type="date" required max={today} value={today} hint="Activities from this day on are computed again with it." wrong={refusedDay} />
        {!refused && !refusedDay && <Trouble error={saving.error} />}
      </form>
    </Dialog>
  );
}
