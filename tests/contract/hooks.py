"""What Schemathesis cannot read in the document: what an image is, and how each call has to end.

Loaded by scripts/test-contract.sh, beside schemathesis.toml.
"""

import base64
import os
import pathlib

import schemathesis

API_KEY = {"Api-Key": os.environ["AUTHER_KEY"]}
PHOTOS = pathlib.Path(__file__).parent.parent / "photos"

# Ids of persons that sequences of calls come back to (schemathesis.toml). A face is enrolled once, so whoever is created
# under another id is removed at once: with three faces in all, nobody could be created any more.
RETURNING = {"jane.doe", "A", "a" * 128, "0~x@y.z:+-_"}

# What a valid request to enrol may be refused with, because of who is enrolled already.
TAKEN = {"person_taken", "face_enrolled"}

# What has to have been tried, whatever the seed.
MISTAKES = {
    "body_not_json", "content_type", "field_missing", "field_type", "key_missing", "person_id_invalid", "wrong_method",
}

# Every call of the document, once it is loaded.
OPERATIONS = set()


def photographs():
    return [base64.b64encode(path.read_bytes()).decode("ascii") for path in sorted(PHOTOS.glob("*.jpg"))]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """JSON Schema can say "base64", not "a face": here an image is one of the photographs, and nothing else is.

    The examples of requests are shortened for people who read them; the photographs take their place.
    """
    images = photographs()
    for schema in raw_schema["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            if field.get("contentEncoding") == "base64":
                field["enum"] = images
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            OPERATIONS.add(operation["operationId"])
            for media in operation.get("requestBody", {}).get("content", {}).values():
                for example in media["examples"].values():
                    fields = [name for name in example["value"] if name.endswith("Image")]
                    # The first two show one person.
                    example["value"].update(zip(fields, images))


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def operation_id(case):
    return case.operation.definition.raw["operationId"]


@schemathesis.hook
def after_call(context, case, response):
    if operation_id(case) != "createPerson" or response.status_code != 200:
        return
    person = response.json()["personId"]
    if person not in RETURNING:
        removal = case.operation.schema["/person/face/{person_id}"]["DELETE"].Case(path_parameters={"person_id": person})
        assert removal.call(headers=API_KEY).status_code == 200, f"{person} was created and cannot be removed"


@schemathesis.check
def refusal_is_documented(ctx, response, case):
    """Every refusal is of a `type` that the document lists for this call and this status."""
    if response.status_code == 200:
        return
    documented = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    # HEAD and OPTIONS carry no body.
    if documented and response.content:
        error = response.json()
        assert error["type"] in documented["x-types"], f"{error['type']} is not documented"
        assert error["code"] in documented["x-codes"], f"{error['code']} is not documented"


@schemathesis.check
def valid_request_is_refused_for_persons_alone(ctx, response, case):
    """Where schemathesis.toml lets a valid request end with 400, it ends so because of who is enrolled."""
    if is_valid(case) and response.status_code == 400:
        error = response.json()
        assert error["type"] in TAKEN, f"a valid request was refused with {error['type']}"


@schemathesis.check
class NothingIsLeftOut:
    """No call of the document is tested by its refusals alone, and what clients get wrong most was tried."""

    def __init__(self):
        self.succeeded = set()
        self.refusals = set()

    def after_response(self, ctx, response, case):
        if response.status_code == 200:
            self.succeeded.add(operation_id(case))
        elif response.content:
            self.refusals.add(response.json()["type"])

    def after_run(self, ctx):
        missing = sorted(OPERATIONS - self.succeeded)
        assert OPERATIONS and not missing, f"never answered with 200: {', '.join(missing)}"
        untried = sorted(MISTAKES - self.refusals)
        assert not untried, f"never refused: {', '.join(untried)}"
