// The addresses of the app's pages. The server answers each with index.html; a test of the server reads this list.
export const routes = {
  today: '/',
  register: '/register',
  signIn: '/sign-in',
  reset: '/reset',
  verify: '/verify',
  erased: '/erased',
  welcome: '/welcome',
  load: '/load',
  activities: '/activities',
  activity: '/activities/:id',
  settings: '/settings',
  privacy: '/privacy',
  terms: '/terms',
  healthData: '/health-data',
} as const;

// Addresses of the server that a link leads to; the router leaves them alone.
export const connectStrava = '/v1/strava/connect';
export const signInByStrava = '/v1/strava/sign-in';
