import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { useSettings } from '../../api/queries';
import { allZones, dayIn, ownZone } from '../../format/date';
import { ageOn, unitsOf, usualMaxHR, usualRestingHR } from '../../format/estimate';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Field, Select } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Loaded } from '../../ui/state';

const sexes = [['unspecified', 'Prefer not to say'], ['female', 'Female'], ['male', 'Male']] as const;
const sports = [['run', 'Running'], ['trail_run', 'Trail running'], ['ride', 'Cycling'], ['swim', 'Swimming'], ['triathlon', 'Triathlon'], ['other', 'Something else']] as const;

/** Asks for what load depends on and only the athlete knows. */
export function ProfileStep({ reload }: { reload: () => Promise<void> }) {
  const settings = useSettings();
  const saving = useAction(async (values: FormData) => {
    await bodyOf(server.PATCH('/v1/settings', { body: patchOf(values) }));
    await Promise.all([settings.reload(), reload()]);
  });
  return (
    <Loaded from={settings} heights={[24]}>
      {(known) => (
        <form class="card stack" onSubmit={submitting(saving.run)}>
          <h2>About you</h2>
          <p class="muted">Load compares your heart rate with what your heart can do. Everything here can be changed later, and what was computed changes along.</p>
          <Fields settings={known} error={saving.error} />
          <Trouble error={saving.error} />
          <Button busy={saving.busy} wide>Save and go on</Button>
        </form>
      )}
    </Loaded>
  );
}

function Fields({ settings, error }: { settings: Schemas['Settings']; error: unknown }) {
  const [birth, setBirth] = useState(settings.birth_date ?? '');
  const wrong = (field: string) => (error instanceof Refused ? error.field(field) : undefined);
  const { thresholds } = settings;
  const given = (name: 'resting_hr' | 'max_hr') => (thresholds.estimated.includes(name) ? undefined : thresholds[name]);
  const today = dayIn(ownZone());
  const age = ageOn(birth, today);
  return (
    <>
      <div class="two">
        <Field label="Birth date" name="birth_date" type="date" required max={today} value={settings.birth_date ?? ''} autocomplete="bday" onInput={(event) => setBirth(event.currentTarget.value)} wrong={wrong('birth_date')} />
        <Select label="Sex" name="sex" options={sexes} value={settings.sex} hint="The load formula has a curve for each; without a choice both are averaged." wrong={wrong('sex')} />
      </div>
      <div class="two">
        <Field
          label="Maximum heart rate" name="max_hr" type="number" min={100} max={240} unit="bpm" value={given('max_hr')} wrong={wrong('thresholds.max_hr')}
          hint={(
            <>
              The highest that you have seen in a hard effort. {age === undefined
                ? 'Left empty, it is estimated from your age.'
                : <>Left empty, <strong>{usualMaxHR(age)} bpm</strong> is used: 208 − 0.7 × {age} years. One in three people is more than 7 beats away from that.</>}
            </>
          )}
        />
        <Field
          label="Resting heart rate" name="resting_hr" type="number" min={25} max={110} unit="bpm" value={given('resting_hr')} wrong={wrong('thresholds.resting_hr')}
          hint={<>Lying still after waking up, or what your watch says. Left empty, <strong>{usualRestingHR} bpm</strong> is used; trained hearts often beat slower.</>}
        />
      </div>
      <div class="two">
        <Select label="Main sport" name="primary_sport" options={sports} value={settings.primary_sport} wrong={wrong('primary_sport')} />
        <Select label="Units" name="units" value={unitsOf(navigator.language)} options={[['metric', 'Kilometres and metres'], ['imperial', 'Miles and feet']]} wrong={wrong('units')} />
      </div>
      <Select label="Time zone" name="time_zone" options={allZones().map((zone) => [zone, zone.replaceAll('_', ' ')] as const)} value={ownZone()} hint="Decides when your day ends. This is the one that your device is set to." wrong={wrong('time_zone')} />
    </>
  );
}

function patchOf(values: FormData): Schemas['Patch'] {
  const thresholds: Record<string, number> = {};
  for (const name of ['resting_hr', 'max_hr']) if (values.get(name)) thresholds[name] = Number(values.get(name));
  const text = (name: string) => String(values.get(name));
  return {
    sex: text('sex'), birth_date: text('birth_date'), time_zone: text('time_zone'), primary_sport: text('primary_sport'), units: text('units'),
    ...(Object.keys(thresholds).length > 0 && { thresholds }),
  };
}
