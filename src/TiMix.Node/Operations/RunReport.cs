using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Node.Operations;

/// <summary>A run as one HTML file: the dashboard's page with everything that it shows inside, to be sent to somebody who has nothing else.</summary>
internal static partial class RunReport
{
    private const int Points = 2000;
    private const string Modules = "modules.txt";
    private static readonly JsonSerializerOptions Json = new(OperationsJson.Options) { Encoder = JavaScriptEncoder.Default };

    /// <summary>The file.</summary>
    /// <param name="run">The run.</param>
    /// <param name="board">What it has written down.</param>
    /// <param name="journal">All that its coordinators wrote.</param>
    /// <param name="mixes">A PNG of mixes; null: none.</param>
    public static string Html(RunOptions run, RunBoard board, IReadOnlyList<IEvent> journal, byte[]? mixes)
    {
        var situation = new RunSituation(run.Name, run.Recipe, run.Recipe.Model.Preset, board, new ControlState(false, false, null), TimeProvider.System);
        situation.Update(Describe(journal.Aggregate(RunState.Empty, (state, happened) => state.Apply(happened))));
        var data = JsonSerializer.Serialize(
            new
            {
                state = Ended(situation.State(), journal) with { Losses = Losses(journal) },
                series = board.SeriesAfter(0, Points),
                evaluations = board.Evaluations,
                notices = board.NoticesAfter(0),
                mixes = mixes is null ? null : "data:image/png;base64," + Convert.ToBase64String(mixes),
            },
            Json);
        return Inlined(data);
    }

    /// <summary>Name of the directory, below the run's, with the numbers for TensorBoard.</summary>
    public const string TensorBoard = "tensorboard";

    /// <summary>What a run has written down, for somebody who looks at it afterwards.</summary>
    public static RunBoard BoardOf(RunDirectory directory) => new(directory, new SilentObserver(), TimeProvider.System);

    /// <summary>Writes the run's numbers for TensorBoard.</summary>
    /// <returns>The file.</returns>
    public static string WriteTensorBoard(RunDirectory directory, RunBoard board)
    {
        var end = File.Exists(directory.Metrics) ? File.GetLastWriteTimeUtc(directory.Metrics) : DateTime.UnixEpoch;
        return TensorBoardLog.Write(Path.Combine(directory.Path, TensorBoard), board.Points, board.Evaluations, new DateTimeOffset(end, TimeSpan.Zero));
    }

    private static ClusterDescription Describe(RunState state) => new(
        state.Status, state.Paused, null, state.Progress, state.Generation, state.Resumes, state.StopReason, state.Fingerprint, state.View, [], [],
        [.. state.Snapshots.Values], state.Changes);

    /// <summary>Whoever looks at a report does not see it go by: what it is at is how it ended, and it began when its first trainer came.</summary>
    private static OperationsState Ended(OperationsState state, IReadOnlyList<IEvent> journal) => state with
    {
        Phase = state.Status,
        PhaseCode = state.Status,
        Trainers =
        [
            .. (state.Views.LastOrDefault()?.Shares ?? [])
                .Select(share => new TrainerState(share.Node, nameof(TrainerPhase.Stopped), state.Step, false, 0, share.First, share.Count)),
        ],
        StartedAt = journal.OfType<TrainerJoined>().FirstOrDefault()?.At ?? state.StartedAt,
    };

    private static List<BoardLoss> Losses(IReadOnlyList<IEvent> journal)
    {
        var (state, losses) = (RunState.Empty, new List<BoardLoss>());
        foreach (var happened in journal)
        {
            if (happened is TrainerLost lost)
            {
                losses.Add(BoardLoss.Of(lost.Node, lost.Reason, lost.At, state.Progress));
            }

            state = state.Apply(happened);
        }

        return losses;
    }

    /// <summary>The page with icon, styles and scripts inside: its modules one after another, in the order of modules.txt, as one.</summary>
    private static string Inlined(string data)
    {
        static string Text(string name) =>
            Encoding.UTF8.GetString(DashboardFiles.Read(name)).Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);
        var modules = string.Join('\n', Text(Modules).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(
            name => Export().Replace(Import().Replace(Text(name), ""), "")));
        var page = Icon().Replace(
            Encoding.UTF8.GetString(DashboardFiles.Read("index.html")),
            found => $"<link rel=\"icon\" href=\"data:image/svg+xml;base64,{Convert.ToBase64String(DashboardFiles.Read(found.Groups[1].Value))}\">");
        page = Style().Replace(page, found => $"<style>{Text(found.Groups[1].Value)}</style>");
        page = Script().Replace(page, found => $"<script>{Text(found.Groups[1].Value)}</script>");
        return Module().Replace(page, _ => $"<script type=\"application/json\" id=\"report\">{data}</script>\n<script type=\"module\">\n{modules}</script>");
    }

    [GeneratedRegex("<link rel=\"icon\" href=\"assets/([^\"]+)\"[^>]*>")]
    private static partial Regex Icon();

    [GeneratedRegex("<link rel=\"stylesheet\" href=\"assets/([^\"]+)\">")]
    private static partial Regex Style();

    [GeneratedRegex("<script src=\"assets/([^\"]+)\" defer></script>")]
    private static partial Regex Script();

    [GeneratedRegex("<script src=\"assets/app.js\" type=\"module\"></script>")]
    private static partial Regex Module();

    [GeneratedRegex("^import .*\n", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex("^export (?=(async |class|const|function|let))", RegexOptions.Multiline)]
    private static partial Regex Export();
}
