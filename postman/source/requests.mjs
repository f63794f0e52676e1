// Which requests the collection has, in an order in which they all succeed one after the other. What an operation takes
// and answers is in the OpenAPI document; here is what is sent, and which of the documented answers it gets.

const image = (name) => ({ faceImage: `{{${name}}}` });
const own = "{{person_id}}";
const other = "{{person_id}}-2";

export const FOLDERS = [
  {
    name: "Persons",
    description: "Enrol a person under an id of yours, replace the image, look the person up.",
    requests: [
      { operation: "createPerson", personId: own, json: image("face"), answer: { status: 200 } },
      { operation: "updatePerson", personId: own, json: image("face_again"), answer: { status: 200 } },
      { operation: "getPerson", personId: own, answer: { status: 200 } },
    ],
  },
  {
    name: "Recognition",
    description:
      "Find out who somebody is, whether somebody is who they say they are, and whether two faces are one person's.",
    requests: [
      { operation: "identifyPerson", json: image("face"), answer: { status: 200 } },
      { operation: "verifyPerson", personId: own, json: image("face"), answer: { status: 200 } },
      {
        operation: "comparePersons",
        json: { sourceImage: "{{face}}", targetImage: "{{face_again}}" },
        answer: { status: 200, facesMatched: "at.least(80)" },
      },
      {
        operation: "comparePersons",
        name: "Compare persons with a threshold of your own",
        json: { sourceImage: "{{face}}", targetImage: "{{stranger}}", similarityThreshold: 98 },
        answer: { status: 200, facesMatched: "equal(0)" },
      },
    ],
  },
  {
    name: "Images",
    description: "See what an enrolment would say of an image.",
    requests: [{ operation: "checkFace", json: image("face"), answer: { status: 200 } }],
  },
  {
    name: "Typical errors",
    description: "Requests that are refused on purpose: what the answers look like, and how they are told apart.",
    requests: [
      {
        operation: "createPerson",
        name: "The person id is taken",
        personId: own,
        json: image("face"),
        answer: { status: 400, type: "person_taken" },
      },
      {
        operation: "createPerson",
        name: "The face is enrolled under another id",
        personId: other,
        json: image("face"),
        answer: { status: 400, type: "face_enrolled" },
      },
      {
        operation: "createPerson",
        name: "There is no face on the image",
        personId: other,
        json: image("wall"),
        answer: { status: 400, type: "no_face" },
      },
      {
        operation: "createPerson",
        name: "The image is no image",
        personId: other,
        json: { faceImage: "bm90IGFuIGltYWdl" },
        answer: { status: 400, type: "image_format" },
      },
      {
        operation: "verifyPerson",
        name: "The face is somebody else's",
        personId: own,
        json: image("stranger"),
        answer: { status: 404, type: "face_not_matched" },
      },
      {
        operation: "identifyPerson",
        name: "Nobody has this face",
        json: image("stranger"),
        answer: { status: 410, type: "no_person_matched" },
      },
      {
        operation: "getPerson",
        name: "Nobody has this id",
        personId: other,
        answer: { status: 404, type: "person_not_found" },
      },
      {
        operation: "getPerson",
        name: "The person id has a character that is not allowed",
        personId: "{{person_id}}!",
        answer: { status: 400, type: "person_id_invalid" },
      },
      {
        operation: "identifyPerson",
        name: "A field is missing",
        json: {},
        answer: { status: 400, type: "field_missing" },
      },
      {
        operation: "identifyPerson",
        name: "The body is not JSON",
        body: "faceImage",
        answer: { status: 400, type: "body_not_json" },
      },
      {
        operation: "identifyPerson",
        name: "No key",
        key: null,
        json: image("face"),
        answer: { status: 401, type: "key_missing" },
      },
      {
        operation: "identifyPerson",
        name: "An unknown key",
        key: "ak_unknown",
        json: image("face"),
        answer: { status: 401, type: "key_unknown" },
      },
    ],
  },
  {
    name: "Removal",
    description:
      "Remove the person again; the last of the folders, so that the collection can be run from top to bottom.",
    requests: [{ operation: "removePerson", personId: own, answer: { status: 200 } }],
  },
  {
    name: "Service",
    description: "For whoever runs the service or writes a client. These requests take no key.",
    requests: [
      { operation: "getLiveness", answer: { status: 200 } },
      { operation: "getReadiness", answer: { status: 200 } },
      { operation: "getOpenapi", answer: { status: 200 } },
    ],
  },
];

/** The images in `images/`, by the names of their variables. */
export const IMAGES = {
  face: "A portrait of somebody.",
  face_again: "Another portrait of the same person.",
  stranger: "A portrait of somebody else.",
  wall: "A picture without a face.",
};

export const ENVIRONMENT = [
  { key: "base_url", value: "http://127.0.0.1:8080", description: "Where the service is, without a slash at the end." },
  {
    key: "api_key",
    type: "secret",
    description: "From `auther key create --name me`, or from the page Keys of the back-office.",
  },
  { key: "person_id", value: "mark", description: "The id of the person that the requests are about." },
  {
    key: "signing_key",
    type: "secret",
    description: "Only for a key that is set to hash-only: from `auther signing set`.",
  },
  {
    key: "private_key",
    type: "secret",
    description: "Only for a key that is set to hash-then-RSA: your private key in PEM.",
  },
  {
    key: "server_public_key",
    description: "With private_key: the output of `auther signing server-keys`, to verify answers.",
  },
  {
    key: "signature_version",
    value: "1",
    description: "1, or 2 for lines in which every part has its length before it.",
  },
  {
    key: "public_url",
    description: "What the service calls itself (its setting public_url); empty if that is base_url.",
  },
];
