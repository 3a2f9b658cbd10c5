using System.Text.Json;
using TiMix.Runs.Records;

namespace TiMix.Runs.Audit;

/// <summary>
/// A trainer's part of the audit: <c>audit/NODE.jsonl</c> in the run's directory, a line a step. Every line is with the operating
/// system before <see cref="Append"/> returns, so a killed process loses none of those that it has applied.
/// </summary>
public sealed class AuditLog : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly FileStream _file;

    /// <summary>Goes on with the file of a node, or begins it.</summary>
    /// <param name="directory">Of the run.</param>
    /// <param name="node">The node's name.</param>
    public AuditLog(RunDirectory directory, string node)
        : this(Path.Combine(DirectoryIn(directory), node + ".jsonl"))
    {
    }

    /// <param name="path">The file.</param>
    public AuditLog(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        if (_file.Length > 0)
        {
            // A line that the last process could not finish must not swallow the next one.
            _file.Seek(-1, SeekOrigin.End);
            if (_file.ReadByte() != '\n')
            {
                _file.WriteByte((byte)'\n');
            }
        }
    }

    /// <summary>Where the files of all trainers are.</summary>
    public static string DirectoryIn(RunDirectory directory) => Path.Combine(directory.Path, "audit");

    /// <summary>Writes a step down. Not thread-safe.</summary>
    public void Append(AuditRecord record)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(record, Json), (byte)'\n'];
        _file.Write(line);
    }

    /// <summary>What all trainers of a run have written.</summary>
    public static IEnumerable<AuditRecord> ReadAll(RunDirectory directory) => Directory.Exists(DirectoryIn(directory))
        ? Directory.GetFiles(DirectoryIn(directory), "*.jsonl").Order(StringComparer.Ordinal).SelectMany(Read)
        : [];

    /// <summary>
    /// What one node has written. Lines that a kill tore are left out: an audit only believes what it reads, so a record that is
    /// missing can make it fail, never succeed.
    /// </summary>
    public static IEnumerable<AuditRecord> Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (Parse(line) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static AuditRecord? Parse(string line)
    {
        try
        {
            var record = JsonSerializer.Deserialize<AuditRecord>(line, Json);
            return record is { Trainer: not null, MicroBatches: not null } && record.MicroBatches.All(part => part is { By: not null, Samples: not null })
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
