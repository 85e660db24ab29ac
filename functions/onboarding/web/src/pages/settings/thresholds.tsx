import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { day, dayIn } from '../../format/date';
import type { Units } from '../../format/units';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field, Select } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Foretold } from './foretold';
import { Proposals } from './proposals';
import { coursesOf, rangeWords, sportGroups, thresholdKinds, typed, unitOf, written, type Course, type ThresholdKind } from './threshold-kinds';

type Settings = Schemas['Settings'];

interface Props {
  settings: Settings;
  /** Called when a change was taken. */
  onSaved: (settings: Settings) => void;
}

/** The athlete's thresholds as they hold today, each with its values of earlier days and of single sports. */
export function Thresholds({ settings, onSaved }: Props) {
  const [editing, setEditing] = useState<ThresholdKind>();
  const units = settings.units as Units;
  return (
    <section class="card stack" id="thresholds">
      <h2>Thresholds</h2>
      <p class="muted small">What load is measured against. Each value holds from its day on, so that an old activity is measured by what you were then; the first one holds for the days before it too. A sport may have a value of its own.</p>
      <Proposals settings={settings} onSaved={onSaved} />
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
  const courses = coursesOf(thresholds.history, kind.kind).filter(({ sport, values }) => sport !== '' || values.length > 1);
  return (
    <li>
      <div class="name"><h3>{kind.name}</h3><p class="small muted">{kind.hint}</p></div>
      <div class="value">
        <strong class="figure">{value === undefined ? 'not given' : `${written(kind, value, units)} ${unitOf(kind.measure, units)}`}</strong>
        {estimated && <span class="tag warn">estimated</span>}
      </div>
      <Button type="button" kind="quiet" small onClick={onEdit} aria-label={`Change: ${kind.name}`}>Change</Button>
      {courses.map((course) => <Timeline key={course.sport} kind={kind} course={course} units={units} />)}
    </li>
  );
}

/** Values over the days, oldest first. */
function Timeline({ kind, course: { sport, values }, units }: { kind: ThresholdKind; course: Course; units: Units }) {
  const name = sportGroups[sport]!;
  return (
    <div class="course">
      {sport !== '' && <p class="small muted">For {name}</p>}
      <ol class="timeline small" aria-label={`${kind.name} over time${sport && `, ${name}`}`}>
        {values.map((one, i) => (
          <li key={one.effective_from}>
            <strong class="figure">{written(kind, one.value, units)}</strong>
            <span class="muted">{i > 0 ? `from ${day(one.effective_from)}` : values[1] ? `until ${day(values[1].effective_from)}` : 'always'}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Edit({ kind, settings, units, onClose, onSaved }: Props & { kind: ThresholdKind; units: Units; onClose: () => void }) {
  const today = dayIn(settings.time_zone);
  const [wrong, setWrong] = useState<string>();
  const [foretold, setForetold] = useState<Schemas['Patch']>();
  const saving = useAction(async (values: FormData) => {
    const patch = patchOf(kind, values, units);
    setWrong(patch ? undefined : `Give ${kind.measure === 'pace' || kind.measure === 'swim' ? 'minutes and seconds, such as 4:30, ' : 'a number '}in the range ${rangeWords(kind, units)}.`);
    if (!patch) return;
    onSaved(await bodyOf(server.PATCH('/v1/settings', { body: patch })));
    onClose();
  });
  const typing = (values: FormData) => {
    const patch = patchOf(kind, values, units);
    setForetold(patch);
    if (patch) setWrong(undefined);
  };
  const refused = (field: string) => (saving.error instanceof Refused ? saving.error.field(`thresholds.${field}`) : undefined);
  const own = settings.thresholds.estimated.includes(kind.kind) ? undefined : settings.thresholds[kind.kind];
  const courses = coursesOf(settings.thresholds.history, kind.kind);
  return (
    <Dialog
      title={kind.name} onClose={onClose}
      actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form="threshold" busy={saving.busy}>Save</Button></>}
    >
      <form id="threshold" class="stack" onSubmit={submitting(saving.run)} onInput={(event) => typing(new FormData(event.currentTarget))}>
        <Field label="Value" name="value" inputMode={kind.measure === 'pace' || kind.measure === 'swim' ? 'text' : 'decimal'} required value={own === undefined ? '' : written(kind, own, units)} unit={unitOf(kind.measure, units)} hint={`${kind.hint} ${rangeWords(kind, units)}.`} wrong={wrong ?? refused(kind.kind)} />
        {kind.bySport && <Select label="For" name="sport" options={Object.entries(sportGroups)} value="" hint="A sport’s own value goes before the one for every sport." wrong={refused('sport')} />}
        <Field label="Valid from" name="effective_from" type="date" required max={today} value={today} hint="Activities from this day on are computed again with it." wrong={refused('effective_from')} />
        <Foretold patch={foretold} />
        {![kind.kind, 'sport', 'effective_from'].some(refused) && <Trouble error={saving.error} />}
      </form>
      {courses.length > 0 && <Known kind={kind} courses={courses} units={units} onSaved={onSaved} />}
    </Dialog>
  );
}

/** The change that the form's values make; undefined where the value is none, or out of its range. */
function patchOf(kind: ThresholdKind, values: FormData, units: Units): Schemas['Patch'] | undefined {
  const value = typed(kind, String(values.get('value')), units);
  const [least, greatest] = kind.range;
  if (value === undefined || value < least || value > greatest) return undefined;
  const sport = String(values.get('sport') ?? '');
  return { thresholds: { [kind.kind]: value, effective_from: String(values.get('effective_from')), ...(sport && { sport }) } };
}

/** Every value that was given, each to be taken away, once it was shown what that would change. */
function Known({ kind, courses, units, onSaved }: { kind: ThresholdKind; courses: Course[]; units: Units; onSaved: Props['onSaved'] }) {
  const [chosen, setChosen] = useState<string>();
  const without = ({ sport, effective_from }: Schemas['DatedThreshold']): Schemas['Patch'] => ({ thresholds: { [kind.kind]: null, effective_from, ...(sport && { sport }) } });
  const removing = useAction(async (one: Schemas['DatedThreshold']) => {
    onSaved(await bodyOf(server.PATCH('/v1/settings', { body: without(one) })));
    setChosen(undefined);
  });
  return (
    <section class="stack" aria-label="Given so far">
      <h3>Given so far</h3>
      <ul class="known">
        {courses.flatMap(({ sport, values }) => values.map((one) => {
          const words = `${written(kind, one.value, units)} ${unitOf(kind.measure, units)} from ${day(one.effective_from)}${sport && ` for ${sportGroups[sport]}`}`;
          const key = `${sport} ${one.effective_from}`;
          if (chosen !== key) {
            return (
              <li key={key} class="row apart">
                <span>{words}</span>
                <Button type="button" kind="quiet" small aria-label={`Remove: ${words}`} onClick={() => setChosen(key)}>Remove …</Button>
              </li>
            );
          }
          return (
            <li key={key} class="stack">
              <span>{words}</span>
              <Foretold patch={without(one)} />
              <div class="row">
                <Button type="button" kind="danger" small busy={removing.busy} aria-label={`Remove for good: ${words}`} onClick={() => void removing.run(one)}>Remove</Button>
                <Button type="button" kind="quiet" small onClick={() => setChosen(undefined)}>Keep</Button>
              </div>
            </li>
          );
        }))}
      </ul>
      <Trouble error={removing.error} />
    </section>
  );
}
