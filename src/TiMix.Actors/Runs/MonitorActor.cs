using Akka.Actor;
using Microsoft.Extensions.Logging;
using TiMix.Actors.Messages;
using TiMix.Actors.Recipes;

namespace TiMix.Actors.Runs;

/// <summary>
/// Keeps the run's growing files beside the coordinator, writes the summary when the run has finished, and passes everything on
/// to whoever looks on.
/// </summary>
public sealed class MonitorActor : ReceiveActor
{
    /// <summary>Local to the coordinator: keep this, then pass it on.</summary>
    public sealed record Publish(object Message, IReadOnlyList<IActorRef> Lookers) : INoSerializationVerificationNeeded;

    private readonly RunDirectory _directory;
    private readonly string _run;
    private readonly Recipe _recipe;
    private readonly ILogger _log;
    private RunRecords _records;
    private IReadOnlyList<IActorRef> _lookers = [];
    private long _gapAt = -1;

    /// <param name="directory">The run's.</param>
    /// <param name="run">Its name.</param>
    /// <param name="recipe">What it does.</param>
    /// <param name="log">Notes go there too.</param>
    public MonitorActor(RunDirectory directory, string run, Recipe recipe, ILogger log)
    {
        (_directory, _run, _recipe, _log) = (directory, run, recipe, log);
        _records = new RunRecords(directory);
        Receive<Publish>(publish =>
        {
            _lookers = publish.Lookers;
            Keep(publish.Message);
            foreach (var looker in publish.Lookers)
            {
                looker.Tell(publish.Message);
            }
        });
        Receive<MonitorMessages.StepApplied>(Add);
    }

    /// <summary>How to make one.</summary>
    public static Props Props(RunDirectory directory, string run, Recipe recipe, ILogger log) =>
        Akka.Actor.Props.Create(() => new MonitorActor(directory, run, recipe, log)).WithDispatcher("akka.timix-files");

    /// <inheritdoc/>
    protected override void PreStart() => _records.Open();

    /// <inheritdoc/>
    protected override void PostStop() => _records.Dispose();

    private void Keep(object message)
    {
        switch (message)
        {
            case MonitorMessages.ViewBegan { Change: var change }:
                if (_records.Last?.Step > change.View.FromStep && change.FirstStepAt == 0)
                {
                    _records.CutBack(change.View.FromStep);
                }

                break;
            case MonitorMessages.Evaluated evaluated:
                _records.Add(evaluated.Report);
                break;
            case MonitorMessages.Note note:
                _log.Noted(note.Text);
                break;
            case MonitorMessages.Over { Outcome: RunOutcome.Finished } over:
                _records.Summarise(RunSummary.Of(_run, _recipe, _records, over));
                break;
        }
    }

    /// <summary>Each step once and in order. Where reports are missing, those who may still have them get a moment to tell.</summary>
    private void Add(MonitorMessages.StepApplied step)
    {
        var (next, at) = ((_records.Last?.Step ?? 0) + 1, step.Report.Step);
        if (at == next || (at > next && step.Oldest && _gapAt == at))
        {
            _records.Add(step.Report, step.Replacements);
            foreach (var looker in _lookers)
            {
                looker.Tell(step);
            }
        }

        _gapAt = at > next ? at : -1;
        Sender.Tell(new MonitorMessages.Recorded(_records.Last?.Step ?? 0));
    }
}
