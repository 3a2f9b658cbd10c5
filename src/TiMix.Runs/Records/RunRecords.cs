using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Records;

/// <summary>
/// The growing files of a run: a line a step, a line a replaced sample, a line an evaluation. After a crash they are cut back to
/// the step that training goes on from, so that each step stands in them once.
/// </summary>
/// <param name="directory">Of the run.</param>
public sealed class RunRecords(RunDirectory directory) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly HashSet<long> _evaluated = [];
    private StreamWriter? _metrics;
    private StreamWriter? _replacements;

    /// <summary>Sum of the steps' wall times, over all sessions.</summary>
    public double Seconds { get; private set; }

    /// <summary>Steps that stand in the files; those of a time when nothing could be written are missing.</summary>
    public long Steps { get; private set; }

    /// <summary>Samples that were replaced.</summary>
    public long Replaced { get; private set; }

    /// <summary>The last step that stands in the files.</summary>
    public StepReport? Last { get; private set; }

    /// <summary>The evaluation of the newest step of those in the files, whose order is that in which they came about.</summary>
    public EvaluationReport? LastEvaluation { get; private set; }

    /// <summary>The steps that a run has written down, oldest first; a line that a crash tore is not there.</summary>
    public static IEnumerable<StepReport> StepsOf(RunDirectory directory) =>
        Whole(directory.Metrics).Select(line => As<StepReport>(line.Parsed)).OfType<StepReport>();

    /// <summary>The evaluations that a run has written down, oldest first; a line that a crash tore is not there.</summary>
    public static IEnumerable<EvaluationReport> EvaluationsOf(RunDirectory directory) =>
        Whole(directory.Evaluations).Select(line => As<EvaluationReport>(line.Parsed)).OfType<EvaluationReport>();

    /// <summary>Goes on with what is there; a torn last line goes.</summary>
    public void Open() => CutBack(long.MaxValue);

    /// <summary>Forgets whatever was written for steps past <paramref name="step"/>.</summary>
    public void CutBack(long step)
    {
        Dispose();
        Directory.CreateDirectory(directory.Path);
        (Seconds, Steps, Last, LastEvaluation) = (0, 0, null, null);
        _evaluated.Clear();
        Keep(directory.Metrics, "step", step, line =>
        {
            if (As<StepReport>(line) is { } report)
            {
                Count(report);
            }
        });
        Replaced = Keep(directory.Replacements, "step", step, _ => { });
        Keep(directory.Evaluations, "step", step, line =>
        {
            if (As<EvaluationReport>(line) is { } report)
            {
                LastEvaluation = Later(report);
                _evaluated.Add(report.Step);
            }
        });
        _metrics = new StreamWriter(directory.Metrics, append: true);
        _replacements = new StreamWriter(directory.Replacements, append: true);
    }

    /// <summary>Writes a step down.</summary>
    public void Add(StepReport report, IReadOnlyList<Replacement> replacements)
    {
        _metrics!.WriteLine(JsonSerializer.Serialize(report, Json));
        _metrics.Flush();
        foreach (var replacement in replacements)
        {
            var line = JsonSerializer.SerializeToNode(replacement, Json)!.AsObject();
            line.Insert(0, "step", report.Step);
            _replacements!.WriteLine(line.ToJsonString(Json));
            Replaced++;
        }

        if (replacements.Count > 0)
        {
            _replacements!.Flush();
        }

        Count(report);
    }

    /// <summary>Writes an evaluation down.</summary>
    public void Add(EvaluationReport report)
    {
        File.AppendAllText(directory.Evaluations, JsonSerializer.Serialize(report, Json) + "\n");
        LastEvaluation = Later(report);
        _evaluated.Add(report.Step);
    }

    /// <summary>Whether the evaluation of a step stands in the files.</summary>
    public bool HasEvaluation(long step) => _evaluated.Contains(step);

    /// <summary>Writes how the run ended.</summary>
    public void Summarise(JsonObject summary) =>
        WholeFile.Write(directory.Summary, summary.ToJsonString(new JsonSerializerOptions(Json) { WriteIndented = true }) + "\n");

    /// <inheritdoc/>
    public void Dispose()
    {
        var (metrics, replacements) = (_metrics, _replacements);
        (_metrics, _replacements) = (null, null);
        Close(metrics);
        Close(replacements);
    }

    private EvaluationReport Later(EvaluationReport report) => LastEvaluation is { } last && last.Step > report.Step ? last : report;

    /// <summary>What a full disk has not taken is cut off when the files are opened again, and told again by the trainers.</summary>
    private static void Close(StreamWriter? writer)
    {
        try
        {
            writer?.Dispose();
        }
        catch (IOException)
        {
            // Said when it was to be written.
        }
    }

    private void Count(StepReport report) => (Last, Seconds, Steps) = (report, Seconds + report.StepSeconds, Steps + 1);

    /// <summary>What a line says; null: something else.</summary>
    private static T? As<T>(JsonNode line)
        where T : class
    {
        try
        {
            return line.Deserialize<T>(Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The lines of a growing file that a crash has not torn; none if there is no file.</summary>
    private static IEnumerable<(string Line, JsonNode Parsed)> Whole(string file)
    {
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            JsonNode? parsed = null;
            try
            {
                parsed = JsonNode.Parse(line);
            }
            catch (JsonException)
            {
                // Torn.
            }

            if (parsed is not null)
            {
                yield return (line, parsed);
            }
        }
    }

    /// <summary>Keeps the lines up to a step; a torn last line goes too.</summary>
    private static long Keep(string file, string key, long step, Action<JsonNode> visit)
    {
        if (!File.Exists(file))
        {
            return 0;
        }

        var kept = new List<string>();
        foreach (var (line, parsed) in Whole(file))
        {
            if (parsed[key]?.GetValue<long>() <= step)
            {
                kept.Add(line);
                visit(parsed);
            }
        }

        WholeFile.Write(file, string.Concat(kept.Select(line => line + "\n")));
        return kept.Count;
    }
}
