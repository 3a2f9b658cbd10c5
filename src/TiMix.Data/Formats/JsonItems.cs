using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>One element of an array in a json file.</summary>
/// <param name="Section">Member of the root object that the array is; empty if the array is the root.</param>
/// <param name="Index">From 0, in its array.</param>
/// <param name="Value">Valid until the next item is asked for.</param>
internal readonly record struct JsonItem(string Section, int Index, JsonElement Value);

/// <summary>
/// Goes through the arrays of a json file element by element: only one element is in memory, however large the file. Damage is
/// told with its line; the elements before it have been given by then.
/// </summary>
internal sealed class JsonItems : IDisposable
{
    private const int FirstBuffer = 1 << 16;
    private const int LargestItem = 64 << 20;
    private readonly Stream _file;
    private readonly IReadOnlyCollection<string> _sections;
    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private bool _final;
    private JsonReaderState _state;
    private string? _section;
    private string _member = "";
    private int _index;

    private JsonItems(string path, IReadOnlyCollection<string> sections)
    {
        (_file, _sections) = (SourceFile.OpenJson(path), sections);
        Fill();
        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            _start = 3;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The elements of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sections">Members of the root object whose arrays are wanted; none: the root is the array.</param>
    /// <param name="problem">Is told of damage.</param>
    public static IEnumerable<JsonItem> Read(string path, IReadOnlyCollection<string> sections, Action<SourceProblem> problem)
    {
        using var items = new JsonItems(path, sections);
        var given = 0;
        while (true)
        {
            JsonDocument? item = null;
            try
            {
                item = items.Next();
            }
            catch (JsonException torn)
            {
                problem(new SourceProblem(
                    ProblemKind.DamagedFile, Path.GetFileName(path),
                    $"no longer JSON at line {torn.LineNumber + 1}, byte {torn.BytePositionInLine + 1}; the {given} entries before it are used"));
            }

            if (item is null)
            {
                yield break;
            }

            using (item)
            {
                given++;
                yield return new JsonItem(items._section!, items._index++, item.RootElement);
            }
        }
    }

    private JsonDocument? Next()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _final, _state);
            while (true)
            {
                var before = reader;
                if (!reader.Read())
                {
                    Keep(reader);
                    break;
                }

                if (_section is not null && reader.CurrentDepth == (_section.Length == 0 ? 0 : 1) && reader.TokenType == JsonTokenType.EndArray)
                {
                    _section = null;
                }
                else if (_section is not null)
                {
                    if (JsonDocument.TryParseValue(ref reader, out var item))
                    {
                        Keep(reader);
                        return item;
                    }

                    Keep(before);
                    break;
                }
                else
                {
                    Enter(reader);
                }
            }

            if (_final)
            {
                return null;
            }

            Fill();
        }
    }

    /// <summary>Looks whether a wanted array begins.</summary>
    private void Enter(in Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
        {
            _member = reader.AsText() ?? "";
        }
        else if (reader.TokenType == JsonTokenType.StartArray
            && (_sections.Count == 0 ? reader.CurrentDepth == 0 : reader.CurrentDepth == 1 && _sections.Contains(_member)))
        {
            (_section, _index) = (_sections.Count == 0 ? "" : _member, 0);
        }
    }

    private void Keep(in Utf8JsonReader reader)
    {
        _state = reader.CurrentState;
        _start += (int)reader.BytesConsumed;
    }

    private void Fill()
    {
        var rest = _end - _start;
        if (rest == _buffer.Length)
        {
            if (rest >= LargestItem)
            {
                throw new JsonException($"an element larger than {LargestItem} bytes", null, 0, 0);
            }

            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        Buffer.BlockCopy(_buffer, _start, _buffer, 0, rest);
        (_start, _end) = (0, rest);
        var read = _file.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _final = read == 0;
    }
}
