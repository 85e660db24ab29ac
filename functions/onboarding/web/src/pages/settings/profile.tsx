import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { allZones } from '../../format/date';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Field, Select } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Foretold } from './foretold';

type Settings = Schemas['Settings'];

const sexes = [['unspecified', 'Prefer not to say'], ['female', 'Female'], ['male', 'Male']] as const;
const sports = [['run', 'Running'], ['trail_run', 'Trail running'], ['ride', 'Cycling'], ['swim', 'Swimming'], ['triathlon', 'Triathlon'], ['other', 'Another']] as const;
const unitSystems = [['metric', 'Kilometres and metres'], ['imperial', 'Miles and feet']] as const;

/** Who the athlete is. */
export function Profile({ settings, onSaved }: { settings: Settings; onSaved: (settings: Settings) => void }) {
  const saving = useAction(async (values: FormData) => {
    const text = (name: string) => String(values.get(name));
    setForetold(undefined);
    onSaved(await bodyOf(server.PATCH('/v1/settings', {
      body: { sex: text('sex'), time_zone: text('time_zone'), primary_sport: text('primary_sport'), units: text('units'), ...(text('birth_date') && { birth_date: text('birth_date') }) },
    })));
  });
  const [foretold, setForetold] = useState<Schemas['Patch']>();
  const wrong = (field: string) => (saving.error instanceof Refused ? saving.error.field(field) : undefined);
  return (
    <form class="card stack" id="you" onSubmit={submitting(saving.run)} onInput={(event) => setForetold(alteringOf(settings, new FormData(event.currentTarget)))}>
      <h2>You</h2>
      <div class="columns">
        <Field label="Birth date" name="birth_date" type="date" value={settings.birth_date ?? ''} hint="Your maximum heart rate is estimated from your age until you give it." wrong={wrong('birth_date')} />
        <Select label="Sex" name="sex" options={sexes} value={settings.sex} hint="The formula of load has a curve for each; without a choice both are averaged." wrong={wrong('sex')} />
        <Select label="Main sport" name="primary_sport" options={sports} value={settings.primary_sport} wrong={wrong('primary_sport')} />
        <Select label="Units" name="units" options={unitSystems} value={settings.units} wrong={wrong('units')} />
        <Select label="Time zone" name="time_zone" options={allZones().map((zone) => [zone, zone.replaceAll('_', ' ')] as const)} value={settings.time_zone} hint="Decides when your day ends." wrong={wrong('time_zone')} />
      </div>
      <Foretold patch={foretold} />
      <Trouble error={saving.error} />
      <div class="row"><Button busy={saving.busy}>Save</Button></div>
    </form>
  );
}

/** What of the form's values enters loads and is another than it was; undefined where nothing is. */
function alteringOf(settings: Settings, values: FormData): Schemas['Patch'] | undefined {
  const sex = String(values.get('sex'));
  const birth = String(values.get('birth_date'));
  const patch = { ...(sex !== settings.sex && { sex }), ...(birth && birth !== settings.birth_date && { birth_date: birth }) };
  return Object.keys(patch).length > 0 ? patch : undefined;
}
