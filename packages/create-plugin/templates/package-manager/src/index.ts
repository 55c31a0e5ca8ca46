export { sampleManager } from './sample-manager.ts';
