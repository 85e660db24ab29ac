import './ui/theme.css';
import './ui/base.css';
import './ui/ui.css';
import './app/shell.css';
import { render } from 'preact';
import { App } from './app/app';
import { recallSession } from './app/session';

void recallSession();
render(<App />, document.getElementById('app')!);
