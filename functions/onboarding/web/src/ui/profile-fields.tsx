import type { Schemas } from '../api/client';
import { Refused } from '../api/problem';
import { allZones, ownZone } from '../format/date';
import { Field, Select } from './field';

type Settings = Schemas['Settings'];

const sexes = [['unspecified', 'Prefer not to say'], ['female', 'Female'], ['male', 'Male']] as const;

/** What load depends on and only the athlete knows. `error` is why the newest attempt to save failed. */
export function ProfileFields({ settings, fresh, error }: { settings: Settings; fresh?: boolean; error: unknown }) {
  const wrong = (field: string) => (error instanceof Refused ? error.field(field) : undefined);
  const { thresholds } = settings;
  const given = (name: 'resting_hr' | 'max_hr') => (thresholds.estimated.includes(name) ? undefined : thresholds[name]);
  return (
    <>
      <Field label="Birth date" name="birth_date" type="date" required value={settings.birth_date ?? ''} hint="Your maximum heart rate is estimated from your age until you know it." wrong={wrong('birth_date')} />
      <Select label="Sex" name="sex" options={sexes} value={settings.sex} hint="The formula of load has a curve for each; without a choice both are averaged." wrong={wrong('sex')} />
      <Field label="Maximum heart rate" name="max_hr" type="number" min={100} max={240} unit="bpm" value={given('max_hr')} hint="The highest you have seen in a hard effort. Leave it empty and it is estimated as 208 less 0.7 times your age, and marked as an estimate." wrong={wrong('thresholds.max_hr')} />
      <Field label="Resting heart rate" name="resting_hr" type="number" min={25} max={110} unit="bpm" value={given('resting_hr')} hint="Lying still after waking up. Leave it empty and a usual value is used, and marked as an estimate." wrong={wrong('thresholds.resting_hr')} />
      <Select label="Time zone" name="time_zone" options={allZones().map((zone) => [zone, zone.replaceAll('_', ' ')] as const)} value={fresh ? ownZone() : settings.time_zone} hint="Decides when your day ends." wrong={wrong('time_zone')} />
    </>
  );
}

/** The fields' values as a change of the settings. */
export function profilePatch(values: FormData): Schemas['Patch'] {
  const thresholds: Record<string, number> = {};
  for (const name of ['resting_hr', 'max_hr']) if (values.get(name)) thresholds[name] = Number(values.get(name));
  return {
    sex: String(values.get('sex')), birth_date: String(values.get('birth_date')), time_zone: String(values.get('time_zone')),
    ...(Object.keys(thresholds).length > 0 && { thresholds }),
  };
}
