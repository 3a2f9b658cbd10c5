using Akka.Actor;
using Microsoft.Extensions.Logging;
using TiMix.Actors.Entering;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Monitoring;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Actors.Monitoring;

/// <summary>
/// Keeps the run's growing files beside the coordinator, writes the summary when the run has finished, and passes everything on
/// to whoever looks on.
/// </summary>
public sealed class MonitorActor : EnteredActor
{
    /// <summary>Local to the coordinator: keep this, then pass it on.</summary>
    public sealed record Publish(object Message, IReadOnlyList<IActorRef> Lookers) : INoSerializationVerificationNeeded;

    private readonly RunDirectory _directory;
    private readonly string _run;
    private readonly Recipe _recipe;
    private readonly ILogger _log;
    private readonly RunRecords _records;
    private readonly ReportOrder _order = new();
    private bool _isOpen;
    private string? _lastError;
    private IReadOnlyList<IActorRef> _lookers = [];

    /// <param name="directory">The run's.</param>
    /// <param name="run">Its name.</param>
    /// <param name="recipe">What it does.</param>
    /// <param name="log">Notes go there too.</param>
    public MonitorActor(RunDirectory directory, string run, Recipe recipe, ILogger log)
        : base(ActorKind.Monitor)
    {
        (_directory, _run, _recipe, _log) = (directory, run, recipe, log);
        _records = new RunRecords(directory);
        Receive<Publish>(publish =>
        {
            _lookers = publish.Lookers;
            Try(() => Keep(publish.Message));
            foreach (var looker in publish.Lookers)
            {
                looker.Tell(publish.Message);
            }
        });
        Receive<MonitorMessages.StepApplied>(step => Try(() => Add(step)));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(RunDirectory directory, string run, Recipe recipe, ILogger log) =>
        Akka.Actor.Props.Create(() => new MonitorActor(directory, run, recipe, log)).WithDispatcher("akka.timix-files");

    /// <inheritdoc/>
    protected override void PreStart() => Try(Open);

    /// <inheritdoc/>
    protected override void PostStop() => _records.Dispose();

    private void Open()
    {
        _records.Open();
        _isOpen = true;
    }

    /// <summary>A disk that is full costs no run: trainers tell again what was not written down.</summary>
    private void Try(Action write)
    {
        try
        {
            if (!_isOpen && write != Open)
            {
                Open();
            }

            write();
            _lastError = null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _isOpen = false;
            Context.Parent.Tell(new CoordinatorInputs.RecordsNotWritten(error.Message));
            if (error.Message != _lastError)
            {
                _lastError = error.Message;
                var told = new MonitorMessages.Told(new Notice.RecordsNotWritten(error.Message));
                _log.Noted(NoticeText.Of(told.Notice));
                foreach (var looker in _lookers)
                {
                    looker.Tell(told);
                }
            }
        }
    }

    private void Keep(object message)
    {
        switch (message)
        {
            case MonitorMessages.ViewBegan { Change: var change }:
                if (_records.Last?.Step > change.View.FromStep && change.Repeats)
                {
                    _records.CutBack(change.View.FromStep);
                }

                break;
            case MonitorMessages.Evaluated evaluated:
                if (!_records.HasEvaluation(evaluated.Report.Step))
                {
                    _records.Add(evaluated.Report);
                }

                Context.Parent.Tell(new CoordinatorInputs.EvaluationKept(evaluated.Report.Step));
                break;
            case MonitorMessages.Told told:
                _log.Noted(NoticeText.Of(told.Notice));
                break;
            case MonitorMessages.Over { Outcome: RunOutcome.Finished } over when !File.Exists(_directory.Summary):
                _records.Summarise(RunSummary.Of(_run, _recipe, _records, over));
                break;
        }
    }

    private void Add(MonitorMessages.StepApplied step)
    {
        if (_order.IsNext(step.Report.Step, _records.Last?.Step ?? 0, step.Oldest, Environment.TickCount64))
        {
            _records.Add(step.Report, step.Replacements);
            foreach (var looker in _lookers)
            {
                looker.Tell(step);
            }
        }

        var recorded = new MonitorMessages.Recorded(_records.Last?.Step ?? 0);
        Sender.Tell(recorded);
        Context.Parent.Tell(recorded);
    }
}
