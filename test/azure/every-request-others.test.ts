import { others } from "../support/faulty/beginnings.ts";
import { failEveryRequest } from "./every-request.ts";

failEveryRequest(others);
