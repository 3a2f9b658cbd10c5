using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace TiMix.Architecture.Tests;

/// <summary>
/// Everything that the types of an assembly use: what they derive from, hold, take, give, are marked with, and all that stands in the
/// bodies of their methods. Only constants are not seen, which the compiler copies to where they are used.
/// </summary>
public static partial class UseReader
{
    /// <summary>All uses in that assembly, those of a type of itself left out.</summary>
    public static IReadOnlyList<Use> Read(ModuleDefinition module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var uses = new HashSet<Use>();
        foreach (var type in module.GetAllTypes().Where(type => !IsOfTheCompiler(NameOf(type))))
        {
            new TypeReader(type, uses).Read();
        }

        return [.. uses.OrderBy(use => use.By.FullName, StringComparer.Ordinal).ThenBy(use => use.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The outermost type around that one.</summary>
    public static NamedType NameOf(TypeReference type)
    {
        ArgumentNullException.ThrowIfNull(type);
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        var assembly = type.Scope is AssemblyNameReference other ? other.Name : type.Module.Assembly.Name.Name;
        return new NamedType(assembly, type.Namespace, type.Name.Split('`')[0]);
    }

    // Anonymous types and the like, of which one serves the whole assembly; what they hold is seen where they are made.
    private static bool IsOfTheCompiler(NamedType type) => type.Name.StartsWith('<');

    [GeneratedRegex("^<+([^<>]+)>")]
    private static partial Regex Written();

    private sealed class TypeReader(TypeDefinition type, HashSet<Use> uses)
    {
        private readonly NamedType _owner = NameOf(type);

        public void Read()
        {
            Add("", type.BaseType);
            foreach (var implemented in type.Interfaces)
            {
                Add("", implemented.InterfaceType);
            }

            Constraints("", type);
            Marks("", type);
            foreach (var field in type.Fields)
            {
                Add(Name(field.Name), field.FieldType);
                Marks(Name(field.Name), field);
            }

            foreach (var property in type.Properties)
            {
                Marks(Name(property.Name), property);
            }

            foreach (var method in type.Methods)
            {
                Signature(method);
                Body(method);
            }
        }

        // "Greet" of "<Greet>b__0", and of the "MoveNext" of "<<Greet>b__0>d__3": what the source says.
        private string Name(string member)
        {
            var path = new List<string>();
            for (var (name, declaring) = (member, type); ; (name, declaring) = (declaring.Name, declaring.DeclaringType))
            {
                if (Written().Match(name) is { Success: true } written)
                {
                    path = [written.Groups[1].Value];
                }
                else if (!name.StartsWith('<'))
                {
                    path.Insert(0, name);
                }

                if (declaring.DeclaringType is null)
                {
                    return string.Join('.', path);
                }
            }
        }

        private void Signature(MethodDefinition method)
        {
            var at = Name(method.Name);
            Add(at, method.ReturnType);
            Marks(at, method);
            Marks(at, method.MethodReturnType);
            Constraints(at, method);
            foreach (var parameter in method.Parameters)
            {
                Add(at, parameter.ParameterType);
                Marks(at, parameter);
            }
        }

        private void Body(MethodDefinition method)
        {
            if (!method.HasBody)
            {
                return;
            }

            var at = Name(method.Name);
            foreach (var variable in method.Body.Variables)
            {
                Add(at, variable.VariableType);
            }

            foreach (var handler in method.Body.ExceptionHandlers)
            {
                Add(at, handler.CatchType);
            }

            foreach (var instruction in method.Body.Instructions)
            {
                switch (instruction.Operand)
                {
                    case TypeReference named:
                        Add(at, named);
                        break;
                    case FieldReference field:
                        Add(at, field.DeclaringType, field.Name);
                        Add(at, field.FieldType);
                        break;
                    case MethodReference called:
                        Call(at, called);
                        break;
                    case CallSite site:
                        Add(at, site.ReturnType);
                        foreach (var parameter in site.Parameters)
                        {
                            Add(at, parameter.ParameterType);
                        }

                        break;
                }
            }
        }

        private void Call(string at, MethodReference called)
        {
            Add(at, called.DeclaringType, called.Name);
            Add(at, called.ReturnType);
            foreach (var parameter in called.Parameters)
            {
                Add(at, parameter.ParameterType);
            }

            if (called is GenericInstanceMethod instance)
            {
                foreach (var argument in instance.GenericArguments)
                {
                    Add(at, argument);
                }
            }
        }

        private void Constraints(string at, IGenericParameterProvider provider)
        {
            foreach (var constraint in provider.GenericParameters.SelectMany(parameter => parameter.Constraints))
            {
                Add(at, constraint.ConstraintType);
            }
        }

        private void Marks(string at, ICustomAttributeProvider provider)
        {
            foreach (var mark in provider.CustomAttributes)
            {
                Add(at, mark.AttributeType);
                foreach (var argument in mark.ConstructorArguments.Concat(mark.Properties.Select(property => property.Argument)))
                {
                    Add(at, argument.Value as TypeReference);
                }
            }
        }

        private void Add(string at, TypeReference? used, string? member = null)
        {
            switch (used)
            {
                case null or GenericParameter:
                    return;
                case GenericInstanceType instance:
                    foreach (var argument in instance.GenericArguments)
                    {
                        Add(at, argument);
                    }

                    Add(at, instance.ElementType, member);
                    return;
                case IModifierType modified:
                    Add(at, modified.ModifierType);
                    Add(at, modified.ElementType, member);
                    return;
                case FunctionPointerType pointer:
                    Add(at, pointer.ReturnType);
                    foreach (var parameter in pointer.Parameters)
                    {
                        Add(at, parameter.ParameterType);
                    }

                    return;
                case TypeSpecification specification:
                    Add(at, specification.ElementType, member);
                    return;
            }

            var target = NameOf(used);
            if (target != _owner && !IsOfTheCompiler(target))
            {
                uses.Add(new Use(_owner, at, target, member));
            }
        }
    }
}
