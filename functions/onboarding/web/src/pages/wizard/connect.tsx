import { ConnectWithStrava } from '../../ui/strava';

/** Explains what happens at Strava, and leads there. */
export function ConnectStep() {
  return (
    <section class="card stack">
      <h2>Your activities</h2>
      <p>Strava asks you now whether Train-D may read your activities. Leave both boxes about activities ticked: what stays hidden cannot count, and your load would look lower than it is.</p>
      <ul class="ticks">
        <li>We read your activities with their heart rates, and nothing that is not needed for load.</li>
        <li>Nothing is ever written to Strava, and nothing is shown to anybody but you.</li>
        <li>Disconnect whenever you like: what came from Strava is then erased within a day.</li>
      </ul>
      <div><ConnectWithStrava /></div>
    </section>
  );
}
