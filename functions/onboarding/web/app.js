// The page that takes a person the whole way: register, profile, Strava, import, a first look at the load.

const $ = (id) => document.getElementById(id);
const sections = ['welcome', 'profile', 'connect', 'import', 'load'];
const stepNames = { account: 'Account', consent: 'Consent', profile: 'You', strava: 'Strava', first_sync: 'Import' };

// What the way back from Strava ended in, and how to go on.
const outcomes = {
  connected: 'Strava is connected. Your history is coming in.',
  denied: 'You did not authorize Train-D at Strava, so nothing was connected. Press “Connect with Strava” to try again.',
  state: 'That answer from Strava is too old, was used before or belongs to another session. Please connect again.',
  scope: 'Strava did not allow reading your activities. Connect again and leave the boxes about your activities ticked.',
  taken: 'This Strava athlete belongs to another Train-D account already. Sign in to that account, or choose another athlete.',
  other: 'This account is connected to another Strava athlete. Sign in at Strava as that athlete and connect again.',
  erasing: 'The data of your connection before is still being erased. Please connect again in a minute.',
  full: 'Strava lets this app connect no further athlete at present. Please try again later.',
  code: 'Strava did not accept the authorization. Please connect again.',
  'signed-out': 'Your session ended meanwhile. Sign in and connect again.',
  unavailable: 'Strava or our database did not answer. If the step below is still open in a moment, please connect again.',
};

class Refused extends Error {
  constructor(status, problem) {
    const fields = (problem.errors ?? []).map((e) => `${e.location.replace(/^body\./, '')}: ${e.message}`);
    super([problem.detail ?? `The server answered ${status}.`, ...fields].join(' '));
    this.status = status;
    this.code = problem.code;
  }
}

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  let answer = {};
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    answer = { detail: 'The answer could not be read.' };
  }
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

function say(text) {
  $('notice').textContent = text ?? '';
  $('notice').hidden = !text;
}

function show(...ids) {
  for (const id of sections) $(id).hidden = !ids.includes(id);
}

// Runs what a person set off: one at a time, with the reason in words when it is refused.
async function act(button, work) {
  button.disabled = true;
  try {
    say();
    await work();
  } catch (error) {
    say(error.message);
    if (error.code === 'signed-out') await refresh();
  } finally {
    button.disabled = false;
  }
}

function onSubmit(id, work) {
  $(id).addEventListener('submit', (event) => {
    event.preventDefault();
    act(event.submitter ?? $(id).querySelector('button'), () => work(new FormData($(id))));
  });
}

onSubmit('register', async (form) => {
  await call('POST', '/v1/accounts', { email: form.get('email'), password: form.get('password'), accept_terms: form.has('accept_terms') });
  await refresh();
});
onSubmit('sign-in', async (form) => {
  await call('POST', '/v1/session', { email: form.get('email'), password: form.get('password') });
  await refresh();
});
onSubmit('settings', async (form) => {
  const patch = { sex: form.get('sex'), birth_date: form.get('birth_date'), time_zone: form.get('time_zone') };
  const thresholds = {};
  for (const name of ['resting_hr', 'max_hr']) if (form.get(name)) thresholds[name] = Number(form.get(name));
  if (Object.keys(thresholds).length) patch.thresholds = thresholds;
  await call('PATCH', '/v1/settings', patch);
  await refresh();
});
$('sign-out').addEventListener('click', () => act($('sign-out'), async () => {
  await call('DELETE', '/v1/session');
  await refresh();
}));
$('sync').addEventListener('click', () => act($('sync'), async () => {
  await call('POST', '/v1/sync');
  await refresh();
}));
$('disconnect').addEventListener('click', () => act($('disconnect'), async () => {
  if (!confirm('Disconnect Strava and erase everything that came from there? What you told us yourself stays.')) return;
  await call('DELETE', '/v1/strava');
  drawn = { refined: -1, activities: -1 };
  await refresh();
  say('Strava is disconnected. What came from there is being erased.');
}));

// Zones that the browser knows, its own first chosen; the server has the last word.
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const zone of new Set([ownZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])) $('time-zone').add(new Option(zone, zone));

let timer = 0;
let drawn = { refined: -1, activities: -1 }; // what the chart shows; a twentieth more refined is worth another drawing

// Shows where the person is; what the server knows decides, nothing is remembered here.
async function refresh() {
  clearTimeout(timer);
  let progress;
  try {
    const who = await call('GET', '/v1/session');
    $('email').textContent = who.email;
    progress = await call('GET', '/v1/onboarding');
  } catch (error) {
    $('who').hidden = $('steps').hidden = true;
    drawn = { refined: -1, activities: -1 };
    show('welcome');
    if (error.code !== 'signed-out') {
      say(error.message);
      timer = setTimeout(refresh, 5000);
    }
    return;
  }
  $('who').hidden = $('steps').hidden = false;
  $('steps').replaceChildren(...progress.steps.map((step) => {
    const item = document.createElement('li');
    item.dataset.status = step.status;
    item.textContent = stepNames[step.name] ?? step.name;
    return item;
  }));
  const done = (name) => progress.steps.find((step) => step.name === name)?.status === 'done';
  if (!done('profile')) return show('profile');
  if (!done('strava')) return show('connect');
  const sync = await call('GET', '/v1/sync').catch((error) => ({ phase: 'listing', activities: 0, last_error: error.message }));
  showImport(sync);
  if (sync.phase === 'done' && $('notice').textContent === outcomes.connected) say();
  const visible = sync.phase === 'reconnect' ? ['connect', 'import'] : ['import'];
  if (sync.activities > 0) {
    const stale = sync.phase === 'done' || sync.activities !== drawn.activities || sync.refined > drawn.refined + sync.activities / 20;
    if (stale && await drawLoad().catch((error) => { say(error.message); return false; })) drawn = sync;
    if (drawn.activities > 0) visible.push('load');
  }
  show(...visible);
  timer = setTimeout(refresh, sync.phase === 'done' ? 30000 : sync.phase === 'listing' ? 1000 : 2000);
}

function showImport(sync) {
  const bar = $('progress');
  if (sync.phase === 'listing') bar.removeAttribute('value');
  else bar.value = sync.activities ? 100 * sync.refined / sync.activities : 100;
  const lines = {
    listing: `${sync.activities} activities so far; the whole history is being listed.`,
    refining: `${sync.refined} of ${sync.activities} activities refined from their samples. The load below is provisional until then.`,
    done: `${sync.activities} activities are in` + (sync.synced_at ? `, synced ${ago(sync.synced_at)}.` : '.'),
    reconnect: 'Strava no longer accepts the connection: please connect again.',
    idle: 'Strava is not connected.',
  };
  const text = [lines[sync.phase]];
  if (sync.phase === 'refining' && sync.eta) text.push(`Ready ${until(sync.eta)}.`);
  if (sync.parked) text.push(`The samples of ${sync.parked} could not be had.`);
  if (sync.last_error) text.push(sync.last_error);
  $('progress-text').textContent = text.join(' ');
}

const minutes = (from, to) => Math.round((to - from) / 60000);
function ago(time) {
  const past = minutes(new Date(time), Date.now());
  return past < 1 ? 'just now' : past < 120 ? `${past} min ago` : `${Math.round(past / 60)} h ago`;
}
function until(time) {
  const left = minutes(Date.now(), new Date(time));
  return left < 1 ? 'in less than a minute' : left < 120 ? `in about ${left} min` : `in about ${Math.round(left / 60)} h`;
}

const addDays = (day, n) => new Date(Date.parse(day) + n * 86400000).toISOString().slice(0, 10);

async function drawLoad() {
  const answer = await call('GET', '/v1/training-load');
  const { series } = answer;
  const days = series.trimp.values.length;
  if (!days) return false;
  const today = await call('GET', '/v1/training-load/today');
  $('today').replaceChildren(...[today.headline, ...today.sentences.map((s) => s.text)].map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
  drawChart(series, Math.max(0, days - 180), days);
  drawTable(series, Math.max(0, days - 14), days);
  return true;
}

function drawChart(series, from, to) {
  const left = 40, top = 10, width = 850, height = 260;
  const slice = (column) => column.values.slice(from, to);
  const fitness = slice(series.ctl), fatigue = slice(series.atl), daily = slice(series.trimp);
  const highest = Math.max(10, ...daily, ...fitness, ...fatigue);
  const x = (i) => left + width * i / Math.max(1, to - from);
  const y = (v) => top + height - height * v / highest;
  const svg = (name, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const line = (values, kind) => svg('polyline', {
    class: kind, points: values.map((v, i) => (v === null ? '' : `${x(i).toFixed(1)},${y(v).toFixed(1)}`)).join(' '),
  });
  const bar = Math.max(1, width / (to - from) - 1);
  const parts = daily.flatMap((v, i) => (v > 0 ? [svg('rect', { x: x(i).toFixed(1), y: y(v).toFixed(1), width: bar.toFixed(1), height: (top + height - y(v)).toFixed(1) })] : []));
  parts.push(svg('line', { x1: left, x2: left + width, y1: y(0), y2: y(0) }));
  for (const share of [0.5, 1]) parts.push(svg('text', { x: 0, y: y(highest * share) + 10 }, Math.round(highest * share)));
  for (const share of [0, 0.5, 1]) {
    const i = Math.round((to - from - 1) * share);
    parts.push(svg('text', { x: x(i), y: top + height + 18, 'text-anchor': share === 1 ? 'end' : 'start' }, addDays(series.first, from + i)));
  }
  parts.push(line(fatigue, 'fatigue'), line(fitness, 'fitness'));
  $('chart').replaceChildren(...parts);
}

function drawTable(series, from, to) {
  const number = (column, i, decimals) => {
    const value = column.values[i];
    if (value !== null) return value.toFixed(decimals);
    const gap = column.gaps.find((g) => i >= g.from && i < g.to);
    return gap ? '–' : '';
  };
  const rows = [];
  for (let i = to - 1; i >= from; i--) {
    const row = document.createElement('tr');
    const cells = [addDays(series.first, i), number(series.trimp, i, 0), number(series.acwr, i, 2), number(series.ctl, i, 0), number(series.atl, i, 0), number(series.tsb, i, 0)];
    for (const text of cells) row.insertCell().textContent = text;
    rows.push(row);
  }
  $('days').tBodies[0].replaceChildren(...rows);
}

const outcome = new URLSearchParams(location.search).get('strava');
if (outcome) {
  say(outcomes[outcome] ?? 'Connecting Strava ended in an unknown way. Please connect again.');
  history.replaceState(null, '', '/');
}
refresh();
