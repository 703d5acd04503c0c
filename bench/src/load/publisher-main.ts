// A process that publishes: see PublisherService.
import { serveParent } from '../rpc.js';
import { PublisherService } from './publisher-service.js';

serveParent(new PublisherService());
