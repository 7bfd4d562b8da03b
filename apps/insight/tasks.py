from apps.insight import findings
from apps.insight.alerting import alerts
from apps.insight.alerting import sending as alert_sending
from apps.insight.measuring import rollups
from apps.insight.reporting import reports
from apps.tasks.declared import Result, task


@task(queue="later")
def roll_up() -> Result:
    return {"written": rollups.roll_up(), "erased": rollups.erase() + alerts.erase() + findings.erase()}


@task(queue="later", attempts=1, soft=50, hard=59)
def watch() -> Result:
    """The next minute looks anew, so what fails is not tried again."""
    changed = alerts.evaluate()
    return {"findings": len(findings.keep()), "raised": len(changed.raised), "resolved": len(changed.resolved)}


@task(attempts=8, longest=600)
def mail_alerts(*, raised: list[int], resolved: list[int]) -> Result:
    alert_sending.mail(*alert_sending.called(raised, resolved))
    return None


@task(attempts=60)
def post_alerts(*, raised: list[int], resolved: list[int]) -> Result:
    alert_sending.post_to_webhook(*alert_sending.called(raised, resolved))
    return None


@task(queue="later")
def performance_report() -> Result:
    return {"mailed": reports.mail_performance()}


@task(queue="later")
def capacity_report() -> Result:
    return {"mailed": reports.mail_capacity()}
