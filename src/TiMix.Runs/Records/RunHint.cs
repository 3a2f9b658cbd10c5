namespace TiMix.Runs.Records;

/// <summary>Commands that a user may want to give next, with the directories that are not those taken by themselves.</summary>
public static class RunHint
{
    /// <summary>Where runs are kept unless the user says otherwise.</summary>
    public const string RunsDirectory = "runs";

    /// <summary>Where the sample corpus is kept unless the user says otherwise.</summary>
    public static string DataDirectory => Path.Combine("data", "sample");

    /// <summary><c>timix resume NAME</c>.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="runs">Where it is kept.</param>
    /// <param name="data">Where its sample corpus is kept; null: not known here.</param>
    /// <param name="more">Other options.</param>
    public static string Resume(string name, string runs, string? data = null, string more = "") =>
        $"timix resume {Quoted(name)}{(more.Length == 0 ? "" : " ")}{more}"
        + Option("--runs-dir", runs, RunsDirectory) + Option("--data-dir", data, DataDirectory);

    private static string Option(string option, string? value, string itself) => value is null || value == itself ? "" : $" {option} {Quoted(value)}";

    private static string Quoted(string text) => text.All(c => char.IsLetterOrDigit(c) || "-_./+:,@".Contains(c)) ? text : $"'{text.Replace("'", @"'\''")}'";
}
