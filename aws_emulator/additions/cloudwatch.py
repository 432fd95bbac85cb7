"""CloudWatch: composite alarms, metric streams, anomaly detectors.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html
A composite alarm is kept among moto's alarms, so that it is deleted, tagged and listed like the others; its state
follows its children whenever alarms are read or set.
"""

from typing import Any

from aws_emulator.additions._alarm_rule import AlarmRule, InvalidAlarmRuleError
from aws_emulator.store import AwsError, Call, Pass, Record, Resource, Service, Tagging, make

SERVICE = Service("cloudwatch", "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html")


@SERVICE.action("PutCompositeAlarm")
def _put_composite(call: Call) -> Any:
    params = call.params
    try:
        AlarmRule(params["AlarmRule"])
    except InvalidAlarmRuleError as error:
        raise AwsError("ValidationError", f"AlarmRule is not valid: {error}") from error
    backend = call.moto("cloudwatch")
    existing = backend.alarms.get(params["AlarmName"])
    alarm = backend.put_metric_alarm(
        name=params["AlarmName"],
        rule=params["AlarmRule"],
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=params.get("AlarmDescription"),
        dimensions=[],
        alarm_actions=params.get("AlarmActions", []),
        ok_actions=params.get("OKActions", []),
        insufficient_data_actions=params.get("InsufficientDataActions", []),
        actions_enabled=params.get("ActionsEnabled", True),
        tags=None if existing else params.get("Tags"),
    )
    for name in ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        if name in params:
            setattr(alarm, name, params[name])
    _evaluate(call)
    return None


@SERVICE.action("DescribeAlarms")
def _describe_alarms(call: Call) -> Any:
    """Moto answers, once the composite alarms are up to date."""
    _evaluate(call)
    raise Pass


def _evaluate(call: Call) -> None:
    """Give each composite alarm the state of its rule, children before parents.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    alarms = call.moto("cloudwatch").alarms
    composites = [alarm for alarm in alarms.values() if alarm.rule is not None]
    for _round in composites:
        states = {name: alarm.state_value for name, alarm in alarms.items()}
        states |= {alarm.alarm_arn: alarm.state_value for alarm in alarms.values()}
        changed = False
        for alarm in composites:
            state = "ALARM" if AlarmRule(alarm.rule).holds(states) else "OK"
            if state != alarm.state_value:
                alarm.update_state(f"{alarm.alarm_arn} transitioned to {state}", "{}", state)
                changed = True
        if not changed:
            return


SERVICE.covers(
    "composite alarm",
    "PutCompositeAlarm",
    "DescribeAlarms",
    stored="the rule, among moto's alarms; the state follows the children's states",
    not_emulated="actions and their suppression",
)


def _stream(_call: Call, record: Record) -> None:
    record["LastUpdateDate"] = make.now()


STREAM = SERVICE.resource(
    Resource(
        name="metric stream",
        key=("Name",),
        shapes=("MetricStreamEntry",),
        defaults={"IncludeLinkedAccountsMetrics": False},
        make={
            "Arn": make.arn("cloudwatch", "metric-stream/{Name}"),
            "State": "running",
            "CreationDate": make.now,
        },
        arn="Arn",
        tags="Tags",
        put="PutMetricStream",
        read="GetMetricStream",
        list="ListMetricStreams",
        on_create=_stream,
        on_update=_stream,
        not_emulated="streaming: no metric reaches the delivery stream",
    )
)


@SERVICE.action("DeleteMetricStream")
def _delete_stream(call: Call) -> Any:
    """Deleting what is not there succeeds, as in AWS."""
    record = STREAM.records(call).pop((call.params["Name"],), None)
    if record:
        call.store.tags.pop(record["Arn"], None)
    return {}


@SERVICE.action("StartMetricStreams", "StopMetricStreams")
def _switch_streams(call: Call) -> Any:
    for name in call.params["Names"]:
        STREAM.find(call, {"Name": name})["State"] = (
            "running" if call.operation.name == "StartMetricStreams" else "stopped"
        )
    return {}


SERVICE.covers(
    "metric stream, on and off",
    "DeleteMetricStream",
    "StartMetricStreams",
    "StopMetricStreams",
    stored="whether a stream runs",
    not_emulated="streaming",
)


def _detector_key(params: Any) -> tuple[str, ...]:
    """What a detector is about: one metric and statistic, or one expression."""
    single = params.get("SingleMetricAnomalyDetector") or params
    if params.get("MetricMathAnomalyDetector"):
        return (repr(params["MetricMathAnomalyDetector"]),)
    dimensions = sorted((item["Name"], item["Value"]) for item in single.get("Dimensions", []))
    return (single.get("Namespace", ""), single.get("MetricName", ""), repr(dimensions), single.get("Stat", ""))


@SERVICE.action("PutAnomalyDetector")
def _put_detector(call: Call) -> Any:
    record = {name: value for name, value in call.params.items() if value is not None}
    single = record.get("SingleMetricAnomalyDetector")
    if single:
        record |= single
    elif "MetricMathAnomalyDetector" not in record:
        names = ("Namespace", "MetricName", "Dimensions", "Stat")
        record["SingleMetricAnomalyDetector"] = {name: record[name] for name in names if name in record}
    call.store.table("anomaly detector")[_detector_key(call.params)] = {**record, "StateValue": "PENDING_TRAINING"}
    return {}


@SERVICE.action("DescribeAnomalyDetectors")
def _detectors(call: Call) -> Any:
    found = [
        {name: value for name, value in record.items() if name != "AccountId"}
        for record in call.store.table("anomaly detector").values()
        if all(record.get(name) == call.params.get(name, record.get(name)) for name in ("Namespace", "MetricName"))
    ]
    return {"AnomalyDetectors": found}


@SERVICE.action("DeleteAnomalyDetector")
def _delete_detector(call: Call) -> Any:
    if call.store.table("anomaly detector").pop(_detector_key(call.params), None) is None:
        raise AwsError("ResourceNotFoundException", "There is no such anomaly detector")
    return {}


SERVICE.covers(
    "anomaly detector",
    "PutAnomalyDetector",
    "DescribeAnomalyDetectors",
    "DeleteAnomalyDetector",
    stored="what the detector is about and its configuration",
    not_emulated="training: a detector stays in PENDING_TRAINING",
)
SERVICE.tagging(Tagging(arn="ResourceARN", tags="Tags", keys="TagKeys", answer="Tags", moto_has=True))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
