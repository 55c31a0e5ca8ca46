export { sampleLauncher } from './sample-launcher.ts';
