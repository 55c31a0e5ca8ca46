export { sampleFramework } from './sample-framework.ts';
