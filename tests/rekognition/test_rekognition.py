"""Amazon's client against the real program."""

import datetime
import json
import math
import unittest
import uuid
from unittest import mock

import botocore.auth
import botocore.exceptions
from botocore.loaders import Loader

from server import Server, example, photo, turned

SERVER = Server()
KEY = SERVER.access_key()
MODEL = Loader().load_service_model("rekognition", "service-2")["shapes"]

# What is measured, of what an answer of Amazon's may have.
FACE_DETAIL = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", "EyesOpen", "MouthOpen", "Sunglasses"}


def check_shape(case, value, shape, at):
    """An answer as it came, against Amazon's model of it: no field that is not there, every value of its type and range."""
    shape = MODEL[shape]
    kind = shape["type"]
    if kind == "structure":
        case.assertIsInstance(value, dict, at)
        case.assertLessEqual(set(value), set(shape["members"]), at)
        case.assertLessEqual(set(shape.get("required", [])), set(value), at)
        for name, inner in value.items():
            check_shape(case, inner, shape["members"][name]["shape"], f"{at}.{name}")
    elif kind == "list":
        case.assertIsInstance(value, list, at)
        for number, inner in enumerate(value):
            check_shape(case, inner, shape["member"]["shape"], f"{at}[{number}]")
    elif kind == "string":
        case.assertIsInstance(value, str, at)
        if "enum" in shape:
            case.assertIn(value, shape["enum"], at)
        if "pattern" in shape:
            case.assertRegex(value, f"^(?:{shape['pattern']})$", at)
    elif kind == "boolean":
        case.assertIsInstance(value, bool, at)
    elif kind in ("float", "integer"):
        case.assertIsInstance(value, (int, float) if kind == "float" else int, at)
        case.assertTrue(math.isfinite(value), at)
        case.assertGreaterEqual(value, shape.get("min", -math.inf), at)
        case.assertLessEqual(value, shape.get("max", math.inf), at)
    else:
        case.fail(f"{at}: a {kind}")


class Case(unittest.TestCase):
    def setUp(self):
        self.client = self.checked(SERVER.client(KEY))
        self.collection = f"c-{uuid.uuid4()}"

    def checked(self, client):
        """Every raw answer is held against the model before the client makes its own of it."""

        def check(http_response, model, **_):
            if http_response.status_code == 200:
                check_shape(self, json.loads(http_response.content), model.output_shape.name, model.name)

        client.meta.events.register("after-call.rekognition", check)
        return client

    def refused(self, code, call, *arguments, **parameters):
        """The message of the error that the call ends with, of this code, as the client's own class where it has one."""
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            call(*arguments, **parameters)
        error = raised.exception.response
        self.assertEqual(error["Error"]["Code"], code)
        self.assertTrue(error["ResponseMetadata"]["RequestId"])
        self.assertTrue(error["Error"]["Message"])
        if code in MODEL:
            self.assertIsInstance(raised.exception, getattr(self.client.exceptions, code))
        return error["Error"]["Message"]

    def make(self, *names, **options):
        """A collection with the faces of these photographs; their ids."""
        self.client.create_collection(CollectionId=self.collection)
        self.addCleanup(self.forget, self.collection)
        index = lambda name: self.client.index_faces(
            CollectionId=self.collection, Image=photo(name), ExternalImageId=name, **options
        )
        return [index(name)["FaceRecords"][0]["Face"]["FaceId"] for name in names]

    def forget(self, collection):
        try:
            self.client.delete_collection(CollectionId=collection)
        except self.client.exceptions.ResourceNotFoundException:
            pass


class Faces(Case):
    def test_two_images_of_one_person_match_and_of_two_do_not(self):
        for person, other in (("A000369", "A000376"), ("A000376", "A000377"), ("A000377", "A000369")):
            same = self.client.compare_faces(SourceImage=photo(f"{person}_a"), TargetImage=photo(f"{person}_b"))
            self.assertEqual((len(same["FaceMatches"]), same["UnmatchedFaces"]), (1, []))
            self.assertGreaterEqual(same["FaceMatches"][0]["Similarity"], 80)
            self.assertGreater(same["SourceImageFace"]["Confidence"], 80)
            different = self.client.compare_faces(SourceImage=photo(f"{person}_a"), TargetImage=photo(f"{other}_b"))
            self.assertEqual((different["FaceMatches"], len(different["UnmatchedFaces"])), ([], 1))

    def test_the_threshold_divides_at_the_similarity_that_is_shown(self):
        pair = {"SourceImage": photo("A000369_a"), "TargetImage": photo("A000369_b")}
        shown = self.client.compare_faces(**pair)["FaceMatches"][0]["Similarity"]
        at = self.client.compare_faces(**pair, SimilarityThreshold=shown)
        self.assertEqual(len(at["FaceMatches"]), 1)
        above = self.client.compare_faces(**pair, SimilarityThreshold=shown + 0.01)
        self.assertEqual((above["FaceMatches"], len(above["UnmatchedFaces"])), ([], 1))

    def test_every_face_of_the_target_is_compared(self):
        several = example("several_faces")
        faces = self.client.detect_faces(Image=several)["FaceDetails"]
        self.assertGreaterEqual(len(faces), 2)
        compared = self.client.compare_faces(SourceImage=several, TargetImage=several)
        self.assertEqual(len(compared["FaceMatches"]) + len(compared["UnmatchedFaces"]), len(faces))
        best = compared["FaceMatches"][0]
        self.assertEqual(best["Face"]["BoundingBox"], compared["SourceImageFace"]["BoundingBox"])
        self.assertGreater(best["Similarity"], 99)

    def test_default_attributes_of_a_face(self):
        [face] = self.client.detect_faces(Image=photo("A000369_a"))["FaceDetails"]
        self.assertEqual(set(face), {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"})
        places = {landmark["Type"]: (landmark["X"], landmark["Y"]) for landmark in face["Landmarks"]}
        self.assertEqual(set(places), {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"})
        box = face["BoundingBox"]
        for x, y in places.values():
            self.assertTrue(box["Left"] < x < box["Left"] + box["Width"] and box["Top"] < y < box["Top"] + box["Height"])
        self.assertLess(places["eyeLeft"][0], places["eyeRight"][0], "left is the picture's left")

    def test_all_attributes_are_those_that_are_measured(self):
        [face] = self.client.detect_faces(Image=photo("A000369_a"), Attributes=["ALL"])["FaceDetails"]
        self.assertEqual(set(face), FACE_DETAIL)
        kinds = [landmark["Type"] for landmark in face["Landmarks"]]
        self.assertEqual(set(kinds), set(MODEL["LandmarkType"]["enum"]))
        self.assertEqual(len(kinds), len(set(kinds)))
        place = {landmark["Type"]: landmark for landmark in face["Landmarks"]}
        for eye in ("left", "right"):
            across = [place[f"{eye}{part}"]["X"] for part in ("EyeLeft", "Pupil", "EyeRight")]
            self.assertEqual(across, sorted(across), "a pupil is between the corners of its eye")
        for above, below in (("leftEyeUp", "leftEyeDown"), ("mouthUp", "mouthDown"), ("leftEyeBrowUp", "leftEyeUp")):
            self.assertLess(place[above]["Y"], place[below]["Y"])

    def test_what_is_wrong_with_a_picture_is_measured(self):
        def detail(name):
            return self.client.detect_faces(Image=example(name), Attributes=["ALL"])["FaceDetails"][0]

        good = detail("good")
        self.assertEqual(
            [good[name]["Value"] for name in ("EyesOpen", "MouthOpen", "Sunglasses")], [True, False, False]
        )
        self.assertFalse(detail("eyes_closed")["EyesOpen"]["Value"])
        self.assertFalse(detail("one_eye_closed")["EyesOpen"]["Value"])
        self.assertTrue(detail("mouth_open")["MouthOpen"]["Value"])
        self.assertTrue(detail("sunglasses")["Sunglasses"]["Value"])
        self.assertLess(detail("blurred")["Quality"]["Sharpness"], 50)
        self.assertLess(detail("too_dark")["Quality"]["Brightness"], good["Quality"]["Brightness"])
        self.assertGreater(detail("too_bright")["Quality"]["Brightness"], good["Quality"]["Brightness"])
        self.assertGreater(abs(detail("turned")["Pose"]["Yaw"]), 20)
        self.assertGreater(abs(detail("tilted")["Pose"]["Roll"]), 20)
        self.assertGreater(detail("raised")["Pose"]["Pitch"], 18)
        self.assertLess(detail("lowered")["Pose"]["Pitch"], -18)
        self.assertEqual(self.client.detect_faces(Image=example("no_face"))["FaceDetails"], [])

    def test_yaw_is_above_zero_to_the_pictures_right(self):
        face = self.client.detect_faces(Image=example("turned"))["FaceDetails"][0]
        x = {landmark["Type"]: landmark["X"] for landmark in face["Landmarks"]}
        is_right = x["nose"] > (x["eyeLeft"] + x["eyeRight"]) / 2
        self.assertEqual(face["Pose"]["Yaw"] > 0, is_right)

    def test_places_are_those_of_the_upright_image(self):
        plain, mirrored = (
            self.client.detect_faces(Image=turned(photo("A000369_a"), orientation)) for orientation in (1, 2)
        )
        self.assertNotIn("OrientationCorrection", mirrored)
        box, other = (answer["FaceDetails"][0]["BoundingBox"] for answer in (plain, mirrored))
        self.assertAlmostEqual(other["Left"], 1 - box["Left"] - box["Width"], delta=0.03)
        self.assertAlmostEqual(other["Top"], box["Top"], delta=0.03)

    def test_images_that_do_not_do(self):
        detect = self.client.detect_faces
        self.refused("InvalidImageFormatException", detect, Image={"Bytes": b"GIF89a"})
        self.refused("InvalidImageFormatException", detect, Image={"Bytes": photo("A000369_a")["Bytes"][:2000]})
        self.refused("ImageTooLargeException", detect, Image={"Bytes": b"\xff\xd8\xff" + bytes(10 << 20)})
        self.refused("InvalidS3ObjectException", detect, Image={"S3Object": {"Bucket": "bucket", "Name": "n"}})
        self.refused("InvalidParameterException", detect, Image={})
        for pair in ((example("no_face"), photo("A000369_a")), (photo("A000369_a"), example("no_face"))):
            message = self.refused(
                "InvalidParameterException", self.client.compare_faces, SourceImage=pair[0], TargetImage=pair[1]
            )
            self.assertIn("no faces", message)


class Collections(Case):
    def test_a_collection_from_its_making_to_its_end(self):
        made = self.client.create_collection(CollectionId=self.collection, Tags={"a": "b"})
        self.assertEqual(made["StatusCode"], 200)
        self.assertTrue(made["CollectionArn"].endswith(f":collection/{self.collection}"))
        self.refused("ResourceAlreadyExistsException", self.client.create_collection, CollectionId=self.collection)
        self.assertIn(self.collection, self.client.list_collections()["CollectionIds"])
        self.assertEqual(self.client.delete_collection(CollectionId=self.collection)["StatusCode"], 200)
        missing = {"CollectionId": self.collection}
        one = {"FaceIds": [str(uuid.uuid4())]}
        for call, more in (
            (self.client.delete_collection, {}),
            (self.client.list_faces, {}),
            (self.client.delete_faces, one),
            (self.client.index_faces, {"Image": photo("A000369_a")}),
            (self.client.search_faces_by_image, {"Image": photo("A000369_a")}),
        ):
            message = self.refused("ResourceNotFoundException", call, **missing, **more)
            self.assertIn(self.collection, message)

    def test_faces_are_indexed_found_listed_and_deleted(self):
        ids = self.make("A000369_a", "A000376_a", "A000377_a")
        for number, person in enumerate(("A000369", "A000376", "A000377")):
            found = self.client.search_faces_by_image(CollectionId=self.collection, Image=photo(f"{person}_b"))
            self.assertEqual([match["Face"]["FaceId"] for match in found["FaceMatches"]], [ids[number]])
            face = found["FaceMatches"][0]["Face"]
            self.assertEqual(face["ExternalImageId"], f"{person}_a")
            self.assertGreaterEqual(found["FaceMatches"][0]["Similarity"], 80)
            self.assertGreater(found["SearchedFaceConfidence"], 80)
        everybody = self.client.search_faces_by_image(
            CollectionId=self.collection, Image=photo("A000369_b"), FaceMatchThreshold=0
        )
        matches = everybody["FaceMatches"]
        self.assertEqual({match["Face"]["FaceId"] for match in matches}, set(ids))
        similarities = [match["Similarity"] for match in matches]
        self.assertEqual(similarities, sorted(similarities, reverse=True))
        few = self.client.search_faces_by_image(
            CollectionId=self.collection, Image=photo("A000369_b"), FaceMatchThreshold=0, MaxFaces=2
        )
        self.assertEqual(few["FaceMatches"], matches[:2])

        unknown = str(uuid.uuid4())
        deleted = self.client.delete_faces(CollectionId=self.collection, FaceIds=[ids[0], unknown])
        self.assertEqual(deleted["DeletedFaces"], [ids[0]])
        self.assertEqual(deleted["UnsuccessfulFaceDeletions"], [{"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]}])
        listed = self.client.list_faces(CollectionId=self.collection)["Faces"]
        self.assertEqual({face["FaceId"] for face in listed}, set(ids[1:]))
        gone = self.client.search_faces_by_image(CollectionId=self.collection, Image=photo("A000369_b"))
        self.assertEqual(gone["FaceMatches"], [])

    def test_a_face_may_be_indexed_twice(self):
        first, second = self.make("A000369_a", "A000369_a")
        found = self.client.search_faces_by_image(CollectionId=self.collection, Image=photo("A000369_a"))
        self.assertEqual({match["Face"]["FaceId"] for match in found["FaceMatches"]}, {first, second})

    def test_lists_come_in_pages_to_the_clients_own_paginators(self):
        ids = self.make("A000369_a", "A000376_a", "A000377_a")
        pages = list(
            self.client.get_paginator("list_faces").paginate(
                CollectionId=self.collection, PaginationConfig={"PageSize": 2}
            )
        )
        self.assertEqual([len(page["Faces"]) for page in pages], [2, 1])
        self.assertEqual({face["FaceId"] for page in pages for face in page["Faces"]}, set(ids))
        some = self.client.list_faces(CollectionId=self.collection, FaceIds=[ids[1], str(uuid.uuid4())])
        self.assertEqual([face["FaceId"] for face in some["Faces"]], [ids[1]])
        others = [f"{self.collection}-{number}" for number in range(4)]
        for other in others:
            self.client.create_collection(CollectionId=other)
            self.addCleanup(self.forget, other)
        pages = self.client.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 2})
        listed = [name for page in pages for name in page["CollectionIds"]]
        self.assertEqual([name for name in listed if name.startswith(self.collection)], [self.collection, *others])
        self.refused("InvalidPaginationTokenException", self.client.list_collections, NextToken="made-up")

    def test_the_quality_filter_says_why_a_face_is_not_indexed(self):
        self.make()
        reasons = {
            "turned": "EXTREME_POSE",
            "raised": "EXTREME_POSE",
            "blurred": "LOW_SHARPNESS",
            "too_dark": "LOW_BRIGHTNESS",
            "too_small": "SMALL_BOUNDING_BOX",
            "covered": "LOW_FACE_QUALITY",
            "uneven": "LOW_FACE_QUALITY",
        }
        for name, reason in reasons.items():
            answer = self.client.index_faces(CollectionId=self.collection, Image=example(name))
            self.assertEqual(answer["FaceRecords"], [], name)
            self.assertIn(reason, answer["UnindexedFaces"][0]["Reasons"], name)
            answer = self.client.index_faces(CollectionId=self.collection, Image=example(name), QualityFilter="NONE")
            self.assertEqual((len(answer["FaceRecords"]), answer["UnindexedFaces"]), (1, []), name)
        for bar, indexed in (("LOW", 1), ("AUTO", 1), ("MEDIUM", 1), ("HIGH", 0)):
            answer = self.client.index_faces(
                CollectionId=self.collection, Image=example("mouth_open"), QualityFilter=bar
            )
            self.assertEqual(len(answer["FaceRecords"]), indexed, bar)
        empty = self.client.index_faces(CollectionId=self.collection, Image=example("no_face"))
        self.assertEqual((empty["FaceRecords"], empty["UnindexedFaces"]), ([], []))
        message = self.refused(
            "InvalidParameterException",
            self.client.search_faces_by_image,
            CollectionId=self.collection,
            Image=example("turned"),
            QualityFilter="AUTO",
        )
        self.assertIn("no faces", message)

    def test_no_more_faces_are_indexed_than_asked_for(self):
        self.make()
        several = {"CollectionId": self.collection, "Image": example("several_faces"), "QualityFilter": "NONE"}
        answer = self.client.index_faces(**several, MaxFaces=1, DetectionAttributes=["ALL"])
        self.assertEqual(len(answer["FaceRecords"]), 1)
        self.assertEqual(set(answer["FaceRecords"][0]["FaceDetail"]), FACE_DETAIL)
        self.assertTrue(answer["UnindexedFaces"])
        for face in answer["UnindexedFaces"]:
            self.assertEqual(face["Reasons"], ["EXCEEDS_MAX_FACES"])
        width = lambda face: face["BoundingBox"]["Width"]
        largest = width(answer["FaceRecords"][0]["FaceDetail"])
        self.assertTrue(all(width(face["FaceDetail"]) <= largest * 1.5 for face in answer["UnindexedFaces"]))
        both = self.client.index_faces(**several)
        self.assertGreaterEqual(len(both["FaceRecords"]), 2)
        self.assertEqual(len({record["Face"]["ImageId"] for record in both["FaceRecords"]}), 1)

    def test_two_organisations_share_nothing_but_names(self):
        [own] = self.make("A000369_a")
        organisation = SERVER.organisation()
        other = SERVER.client(SERVER.access_key("--organisation", organisation))
        self.assertEqual(other.list_collections()["CollectionIds"], [])
        self.refused("ResourceNotFoundException", other.list_faces, CollectionId=self.collection)
        other.create_collection(CollectionId=self.collection)
        found = other.search_faces_by_image(CollectionId=self.collection, Image=photo("A000369_a"))
        self.assertEqual(found["FaceMatches"], [])
        gone = other.delete_faces(CollectionId=self.collection, FaceIds=[own])
        self.assertEqual(gone["DeletedFaces"], [])
        other.delete_collection(CollectionId=self.collection)
        self.assertEqual(len(self.client.list_faces(CollectionId=self.collection)["Faces"]), 1)

    def test_a_plan_bounds_the_faces_of_all_collections_together(self):
        organisation = SERVER.organisation(persons_max=2)
        client = SERVER.client(SERVER.access_key("--organisation", organisation))
        for collection in ("a", "b"):
            client.create_collection(CollectionId=collection)
            client.index_faces(CollectionId=collection, Image=photo("A000369_a"))
        message = self.refused(
            "ServiceQuotaExceededException", client.index_faces, CollectionId="b", Image=photo("A000376_a")
        )
        self.assertIn("2 faces", message)
        client.delete_collection(CollectionId="a")
        indexed = client.index_faces(CollectionId="b", Image=photo("A000376_a"))
        self.assertEqual(len(indexed["FaceRecords"]), 1)

    def test_constraints_are_checked_also_where_the_client_does_not(self):
        for collection in ("", "a b", "x" * 256):
            client = SERVER.client(KEY, parameter_validation=False)
            self.refused("ValidationException", client.create_collection, CollectionId=collection)
        self.make()
        self.refused(
            "ValidationException",
            self.client.search_faces_by_image,
            CollectionId=self.collection,
            Image=photo("A000369_a"),
            QualityFilter="BEST",
        )
        self.refused("ValidationException", self.client.delete_faces, CollectionId=self.collection, FaceIds=["1"])


class Access(Case):
    def test_a_wrong_secret_and_an_unknown_key(self):
        wrong = SERVER.client((KEY[0], "x" * 43))
        message = self.refused("InvalidSignatureException", wrong.list_collections)
        self.assertIn("does not match the signature you provided", message)
        unknown = SERVER.client(("AUTH0000000000000000", KEY[1]))
        self.refused("UnrecognizedClientException", unknown.list_collections)

    def test_a_request_that_was_tampered_with(self):
        client = SERVER.client(KEY)

        def tamper(request, **_):
            request.body = request.body.replace(b"1", b"2")

        client.meta.events.register("before-send.rekognition", tamper)
        self.refused("InvalidSignatureException", client.list_collections, MaxResults=1)

    def test_a_clock_that_is_wrong(self):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        for minutes, says in ((-6, "Signature expired"), (6, "Signature not yet current")):
            then = now + datetime.timedelta(minutes=minutes)
            with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: then):
                self.assertIn(says, self.refused("InvalidSignatureException", self.client.list_collections))
        for minutes in (-4, 4):
            then = now + datetime.timedelta(minutes=minutes)
            with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: then):
                self.client.list_collections()

    def test_what_is_not_supported(self):
        self.refused("UnknownOperationException", self.client.detect_labels, Image=photo("A000369_a"))
        self.refused("UnknownOperationException", self.client.describe_collection, CollectionId="c")
        self.refused("UnknownOperationException", self.client.search_faces, CollectionId="c", FaceId=str(uuid.uuid4()))

    def test_a_key_without_the_permission(self):
        reader = SERVER.client(SERVER.access_key("--permissions", "read"))
        reader.list_collections()
        message = self.refused("AccessDeniedException", reader.create_collection, CollectionId="c")
        self.assertIn("rekognition:CreateCollection", message)

    def test_rate_and_quota_of_a_plan(self):
        slow = SERVER.organisation(requests_per_second=0.5, burst_requests=1)
        key = SERVER.access_key("--organisation", slow)
        client = SERVER.client(key)
        client.list_collections()
        self.refused("ProvisionedThroughputExceededException", client.list_collections)
        # As the client does unless it is told otherwise, it waits and tries again.
        SERVER.client(key, retries={"mode": "legacy"}).list_collections()
        few = SERVER.client(SERVER.access_key("--organisation", SERVER.organisation(requests_month_max=1)))
        few.list_collections()
        self.refused("LimitExceededException", few.list_collections)


class Durability(Case):
    def restart(self, kill):
        SERVER.restart(kill)
        self.client = self.checked(SERVER.client(KEY))

    def test_what_was_answered_outlives_the_process(self):
        ids = self.make("A000369_a", "A000376_a")
        self.client.delete_faces(CollectionId=self.collection, FaceIds=ids[:1])
        self.restart(kill=True)
        faces = self.client.list_faces(CollectionId=self.collection)["Faces"]
        self.assertEqual([face["FaceId"] for face in faces], ids[1:])
        found = self.client.search_faces_by_image(
            CollectionId=self.collection, Image=photo("A000376_b"), FaceMatchThreshold=0
        )
        self.assertEqual([match["Face"]["FaceId"] for match in found["FaceMatches"]], ids[1:])

    def test_nothing_personal_is_logged(self):
        [face] = self.make("A000369_a")
        self.restart(kill=False)
        log = "".join(SERVER.log)
        self.assertIn("IndexFaces", log)
        for text in (face, self.collection, "A000369", KEY[0], KEY[1]):
            self.assertNotIn(text, log)


if __name__ == "__main__":
    unittest.main()
