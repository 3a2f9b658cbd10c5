using System.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// A line of a table whose quotation marks are not as RFC 4180 wants them, read as Python's csv and pandas read it: a mark
/// encloses only where a field begins; what follows the closing one belongs to the field; elsewhere it is a character.
/// </summary>
internal static class LooseRecord
{
    /// <summary>Its fields.</summary>
    /// <param name="record">With or without its end of line.</param>
    /// <param name="delimiter">Between fields.</param>
    /// <param name="isOpen">Whether the last field's mark is never closed.</param>
    public static string[] Split(ReadOnlySpan<char> record, string delimiter, out bool isOpen)
    {
        record = record.EndsWith("\r\n") ? record[..^2] : record.EndsWith("\n") || record.EndsWith("\r") ? record[..^1] : record;
        List<string> fields = [];
        var field = new StringBuilder();
        var (at, begins, enclosed) = (0, true, false);
        while (at < record.Length)
        {
            if (enclosed && record[at..].StartsWith("\"\""))
            {
                field.Append('"');
                at += 2;
            }
            else if (record[at] == '"' && (enclosed || begins))
            {
                (enclosed, begins) = (!enclosed, false);
                at++;
            }
            else if (!enclosed && record[at..].StartsWith(delimiter))
            {
                fields.Add(field.ToString());
                field.Clear();
                begins = true;
                at += delimiter.Length;
            }
            else
            {
                field.Append(record[at++]);
                begins = false;
            }
        }

        isOpen = enclosed;
        fields.Add(field.ToString());
        return [.. fields];
    }
}
